import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeFailure, exitCodeOf } from '../../src/cli/failure.js';
import { InvalidConfig } from '../../src/config.js';
import { InvalidInput } from '../../src/kernel/input.js';
import { LogUnavailable } from '../../src/log/port.js';
import { NotThere } from '../../src/projector/operations.js';
import { LeaseLost, NotReady, NotYetThere } from '../../src/views/errors.js';
import { knownErrors } from '../support/domain/known-errors.js';

const system = (code: string, rest: object = {}): Error => Object.assign(new Error(`${code}: it failed`), { code, ...rest });

describe('a failure', () => {
  test.each<[Error, string]>([
    [new InvalidConfig('port: expected a whole number.'), 'port: expected a whole number.'],
    [new LogUnavailable('The disk is full. Make room.'), 'The disk is full. Make room.'],
    [new NotThere('readModel', 'There is no read model "lead".'), 'There is no read model "lead".'],
    [new NotReady('leads@1#2 is still being built.'), 'leads@1#2 is still being built.'],
    [new LeaseLost('leads'), 'Another projector has taken over leads.'],
    [new NotYetThere('leads', 12, 9), 'leads is at position 9 and did not reach 12 in time. See `daybook projections status`.'],
    [new InvalidInput('SkipDeadLetter', [{ field: 'reason', message: 'reason is required' }]), 'reason is required.'],
    [
      system('EADDRINUSE', { port: 4000 }),
      'Port 4000 is in use already. Stop the program that has it, or choose another one with --port or DAYBOOK_PORT; 0 takes a free one.',
    ],
    [
      system('EACCES', { path: '/root/data' }),
      "/root/data can't be used: this user has no right to. Change the rights, or choose another place.",
    ],
    [system('EACCES', { port: 80 }), "Port 80 can't be used: this user has no right to. Change the rights, or choose another place."],
    [system('ENOSPC', { path: '/full' }), 'There is no space left for /full. Make room and run the same command again.'],
  ])('that is known is one sentence that says what to do: %s', (failure, message) => {
    expect(describeFailure(failure, true)).toBe(message);
  });

  test.each(Object.entries(knownErrors).filter(([kind]) => !['InvalidInput', 'NotYetThere'].includes(kind)))(
    'of the kind %s is its message',
    (_, failure) => {
      expect(describeFailure(failure, true)).toBe(failure.message);
    },
  );

  test('of each known kind has a code of its own', () => {
    const codes = Object.values(knownErrors).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.filter((code) => !/^[A-Z]+(?:_[A-Z]+)*$/.test(code))).toEqual([]);
  });

  test('of every kind that the program declares is looked at here', () => {
    const declared = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) =>
        [...readFileSync(join('src', file), 'utf8').matchAll(/class (\w+) extends KnownError\b/g)].map(([, kind]) => kind),
      );
    expect(Object.keys(knownErrors).sort()).toEqual(declared.sort());
    for (const [kind, failure] of Object.entries(knownErrors)) expect(failure.name).toBe(kind);
  });

  test('that says that it is too early ends with 5, others with 1', () => {
    const early = Object.entries(knownErrors).filter(([, failure]) => exitCodeOf(failure) === 5);
    expect(early.map(([kind]) => kind)).toEqual(['NotReady', 'NotYetThere']);
    expect([...Object.values(knownErrors), new Error('x'), 'a text'].every((failure) => [1, 5].includes(exitCodeOf(failure)))).toBe(true);
    expect(exitCodeOf('a text')).toBe(1);
  });

  test('that is not known is its message and the way to the stack', () => {
    const failure = new TypeError('x is not a function');
    expect(describeFailure(failure, false)).toBe(
      'Daybook failed: x is not a function\nRun it again with DAYBOOK_LOG_LEVEL=debug to see where.',
    );
    expect(describeFailure(failure, true)).toMatch(/^Daybook failed: TypeError: x is not a function\n +at /);
    expect(describeFailure('a text', false)).toBe('Daybook failed: a text');
  });
});
