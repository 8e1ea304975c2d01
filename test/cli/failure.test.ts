import { describe, expect, test } from '@jest/globals';
import { describeFailure } from '../../src/cli/failure.js';
import { InvalidConfig } from '../../src/config.js';
import { LogUnavailable } from '../../src/log/port.js';

const system = (code: string, rest: object = {}): Error => Object.assign(new Error(`${code}: it failed`), { code, ...rest });

describe('a failure', () => {
  test.each<[Error, string]>([
    [new InvalidConfig('port: expected a whole number.'), 'port: expected a whole number.'],
    [new LogUnavailable('The disk is full. Make room.'), 'The disk is full. Make room.'],
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

  test('that is not known is its message and the way to the stack', () => {
    const failure = new TypeError('x is not a function');
    expect(describeFailure(failure, false)).toBe(
      'Daybook failed: x is not a function\nRun it again with DAYBOOK_LOG_LEVEL=debug to see where.',
    );
    expect(describeFailure(failure, true)).toMatch(/^Daybook failed: TypeError: x is not a function\n +at /);
    expect(describeFailure('a text', false)).toBe('Daybook failed: a text');
  });
});
