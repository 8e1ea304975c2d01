import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeFailure, exitCodeOf } from '../../src/cli/failure.js';
import { InvalidConfig } from '../../src/config.js';
import { InvalidInput } from '../../src/kernel/input.js';
import { LogUnavailable } from '../../src/log/port.js';
import { NotFound } from '../../src/projector/not-found.js';
import { LeaseLost } from '../../src/leases/errors.js';
import { NotReady } from '../../src/views/port/errors.js';
import { PositionTimeout } from '../../src/views/port/query-errors.js';
import { knownErrors } from '../support/domain/known-errors.js';

const system = (code: string, rest: object = {}): Error => Object.assign(new Error(`${code}: it failed`), { code, ...rest });

describe('a failure', () => {
  test.each<[Error, string]>([
    [new InvalidConfig('port: expected a whole number.'), 'port: expected a whole number.'],
    [new LogUnavailable('The disk is full. Make room.'), 'The disk is full. Make room.'],
    [new NotFound('readModel', 'There is no read model "lead".'), 'There is no read model "lead".'],
    [new NotReady('leads@1#2 is still being built.'), 'leads@1#2 is still being built.'],
    [new LeaseLost('leads'), 'Another process has acquired the lease leads.'],
    [new PositionTimeout('leads', 12, 9), 'leads is at position 9 and did not reach 12 in time. See `daybook projections status`.'],
    [new InvalidInput('SkipDeadLetter', [{ field: 'reason', message: 'reason is required' }]), 'reason is required.'],
    [
      system('EADDRINUSE', { port: 4000 }),
      'Port 4000 is already in use. Stop the program that uses it, or choose another port with --port or DAYBOOK_PORT (0 picks a free one).',
    ],
    [
      system('EACCES', { path: '/root/data' }),
      "/root/data can't be used: permission denied. Change the permissions, or choose another location.",
    ],
    [system('EACCES', { port: 80 }), "Port 80 can't be used: permission denied. Change the permissions, or choose another location."],
    [system('ENOSPC', { path: '/full' }), 'There is no space left for /full. Free some space and run the same command again.'],
  ])('that is known has a message that says what to do: %s', (failure, message) => {
    expect(describeFailure(failure, true)).toBe(message);
  });

  test.each(Object.entries(knownErrors).filter(([kind]) => !['InvalidInput', 'PositionTimeout'].includes(kind)))(
    'of the kind %s is its message',
    (_, failure) => {
      expect(describeFailure(failure, true)).toBe(failure.message);
    },
  );

  test('of each known class has its own code', () => {
    const codes = Object.values(knownErrors).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.filter((code) => !/^[A-Z]+(?:_[A-Z]+)*$/.test(code))).toEqual([]);
  });

  test('of every class in the program is tested here', () => {
    const declared = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) =>
        [...readFileSync(join('src', file), 'utf8').matchAll(/class (\w+) extends KnownError\b/g)].map(([, kind]) => kind),
      );
    expect(Object.keys(knownErrors).sort()).toEqual(declared.sort());
    for (const [kind, failure] of Object.entries(knownErrors)) expect(failure.name).toBe(kind);
  });

  test('that is temporary gives exit code 5, others 1', () => {
    const early = Object.entries(knownErrors).filter(([, failure]) => exitCodeOf(failure) === 5);
    expect(early.map(([kind]) => kind)).toEqual(['NotReady', 'PositionTimeout']);
    expect([...Object.values(knownErrors), new Error('x'), 'a text'].every((failure) => [1, 5].includes(exitCodeOf(failure)))).toBe(true);
    expect(exitCodeOf('a text')).toBe(1);
  });

  test('that is unknown has its message and says how to get the stack trace', () => {
    const failure = new TypeError('x is not a function');
    expect(describeFailure(failure, false)).toBe(
      'Daybook failed: x is not a function\nRun the command again with DAYBOOK_LOG_LEVEL=debug for the stack trace.',
    );
    expect(describeFailure(failure, true)).toMatch(/^Daybook failed: TypeError: x is not a function\n +at /);
    expect(describeFailure('a text', false)).toBe('Daybook failed: a text');
  });
});
