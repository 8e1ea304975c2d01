/** A commit that a crash cut short may leave what waits beyond the checkpoint, where documents and checkpoint are not one write. */
import { expect, it } from '@jest/globals';
import { deadLetterKeys } from '../../src/projector/read-dead-letters.js';
import type { DeadLetter } from '../../src/views/port/dead-letters.js';
import { deals } from './deals.js';

it('what waits at a checkpoint is not what a commit beyond it left', async () => {
  const waits = (key: string, position: number): DeadLetter => {
    const stream = { type: 'deal', id: key };
    const event = { key, position, id: 'e', type: 'DealOpened', stream, revision: 0, error: 'no', attempts: 1, since: '' };
    return { first: event, eventCount: 1 };
  };
  const reader = { deadLetters: async () => [waits('a', 7), waits('b', 8), waits('c', 9)] };
  expect(await deadLetterKeys(reader, { model: deals.model, number: 1 }, 8)).toEqual(['a', 'b']);
});
