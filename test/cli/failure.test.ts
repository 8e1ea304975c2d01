import { describe, expect, test } from '@jest/globals';
import { describeFailure, exitCodeOf } from '../../src/cli/failure.js';
import { InvalidConfig } from '../../src/config.js';
import { InvalidInput } from '../../src/kernel/input.js';
import { LogUnavailable } from '../../src/log/port.js';
import { NotThere } from '../../src/projector/operations.js';
import { LeaseLost, NotReady, NotYetThere } from '../../src/views/errors.js';

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

  test('that says that it is too early ends with 5, others with 1', () => {
    expect([new NotReady('x'), new NotYetThere('leads', 12, 9), new LeaseLost('leads'), 'a text'].map(exitCodeOf)).toEqual([5, 5, 1, 1]);
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
