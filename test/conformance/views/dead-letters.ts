/** Events that a document waits with: kept in order, changed and taken away together with documents and checkpoint. */
import { describe, expect, test } from '@jest/globals';
import type { DeadLetterChange, UnappliedEvent } from '../../../src/views/port/dead-letters.js';
import { change, commitOf, live } from './deals.js';
import { onStore, recordOf, type OpenStore } from './store.js';

/** An event that waits; with an error it is the one that can't be taken. */
function event(key: string, position: number, error: string | null = null): UnappliedEvent {
  return {
    key,
    position,
    id: `6f0c1d8e-0000-4000-8000-${String(position).padStart(12, '0')}`,
    type: 'DealMoved',
    stream: { type: 'deal', id: `s-${position}` },
    revision: position,
    error,
    attempts: error === null ? 0 : 1,
    since: '2026-03-04T05:06:07.089Z',
  };
}

export function deadLetters(open: OpenStore): void {
  describe('what waits', () => {
    test(
      'is given back as it was put in: by document in the order of keys, and its events oldest first',
      onStore(open, async ({ writer, reader, lease }) => {
        const [first, behind, last, other] = [event('b', 3, 'no stage "x"'), event('b', 5), event('b', 9), event('a', 4, 'broken')];
        await writer.commit([{ ...commitOf(lease, 0, 5, change('c', 1, {})), deadLetters: [first, behind, other] }]);
        await writer.commit([{ ...commitOf(lease, 5, 9), deadLetters: [last] }]);
        expect(await reader.deadLetters(live, { first: 10 })).toEqual([
          { first: other, eventCount: 1 },
          { first, eventCount: 3 },
        ]);
        expect(await reader.unappliedEvents(live, 'b', { first: 10 })).toEqual([first, behind, last]);
        expect(await reader.unappliedEvents(live, 'nobody', { first: 10 })).toEqual([]);
        expect(await recordOf(reader, live)).toMatchObject({ deadLetters: 2 });
      }),
    );

    test(
      'comes in pages, and for keys alone when they are given',
      onStore(open, async ({ writer, reader, lease }) => {
        const events = ['a', 'b', 'c', 'd'].flatMap((key, index) => [event(key, index + 1, 'broken'), event(key, index + 11)]);
        await writer.commit([{ ...commitOf(lease, 0, 20), deadLetters: events }]);
        const deadLetters = async (options: Parameters<typeof reader.deadLetters>[1]) =>
          (await reader.deadLetters(live, options)).map(({ first }) => first.key);
        expect(await deadLetters({ first: 3 })).toEqual(['a', 'b', 'c']);
        expect(await deadLetters({ first: 3, after: 'c' })).toEqual(['d']);
        expect(await deadLetters({ first: 3, keys: ['d', 'x', 'b'] })).toEqual(['b', 'd']);
        expect(await deadLetters({ first: 3, keys: ['d', 'b'], after: 'b' })).toEqual(['d']);
        expect(await deadLetters({ first: 3, keys: [] })).toEqual([]);
        const positions = async (options: Parameters<typeof reader.unappliedEvents>[2]) =>
          (await reader.unappliedEvents(live, 'b', options)).map(({ position }) => position);
        expect(await positions({ first: 1 })).toEqual([2]);
        expect(await positions({ first: 5, after: 2 })).toEqual([12]);
        expect(await positions({ first: 5, after: 12 })).toEqual([]);
      }),
    );

    test(
      'changes with another try, and goes when it is done, with the documents that came of it',
      onStore(open, async ({ writer, reader, lease }) => {
        const first = event('a', 2, 'broken');
        await writer.commit([{ ...commitOf(lease, 0, 3), deadLetters: [first, event('a', 3)] }]);
        const again = { ...first, error: 'still broken', attempts: 2 };
        await writer.commit([{ ...commitOf(lease, 3, 3), deadLetters: [again] }]);
        expect(await reader.unappliedEvents(live, 'a', { first: 5 })).toMatchObject([again, { position: 3 }]);
        const done = [2, 3].map((position): DeadLetterChange => ({ key: 'a', position, done: true }));
        await writer.commit([{ ...commitOf(lease, 3, 3, change('a', 2, {}), change('a', 3, { score: 3 })), deadLetters: done }]);
        expect(await reader.deadLetters(live, { first: 5 })).toEqual([]);
        expect(await reader.get(live, ['a'])).toMatchObject([{ score: 3 }]);
        expect(await recordOf(reader, live)).toMatchObject({ position: 3, deadLetters: 0 });
      }),
    );

    test(
      'belongs to one build, and goes with it',
      onStore(open, async ({ writer, reader, lease }) => {
        const next = await writer.begin({ ...live.model, version: 2 });
        const waiting = [event('a', 1, 'broken')];
        await writer.commit([
          { ...commitOf(lease, 0, 1), deadLetters: waiting },
          { ...commitOf(lease, 0, 1), build: next, deadLetters: waiting },
        ]);
        await writer.reset(next, lease);
        expect(await reader.deadLetters(next, { first: 5 })).toEqual([]);
        expect(await reader.deadLetters(live, { first: 5 })).toHaveLength(1);
        await writer.commit([{ ...commitOf(lease, 0, 1), build: next, deadLetters: waiting }]);
        await writer.drop({ name: 'deals', version: 2, number: next.number });
        expect(await reader.deadLetters(live, { first: 5 })).toHaveLength(1);
        expect((await reader.builds()).map(({ deadLetters }) => deadLetters)).toEqual([1]);
      }),
    );

    test(
      'may wait under keys of any characters, told apart and in order',
      onStore(open, async ({ writer, reader, lease }) => {
        const strange = ['\u0000deal-1', '\u0000deal-2', '\u0001', '\u0001\u0001', '\u0001\u0002', '$where', 'a%', 'a.b', 'é', '😀'];
        const events = strange.map((key, index) => event(key, index + 1, 'broken'));
        await writer.commit([{ ...commitOf(lease, 0, 20), deadLetters: events }]);
        expect((await reader.deadLetters(live, { first: 20 })).map(({ first }) => first.key)).toEqual(strange);
        expect(await reader.deadLetters(live, { first: 20, keys: strange })).toHaveLength(strange.length);
        for (const [index, key] of strange.entries()) {
          expect(await reader.unappliedEvents(live, key, { first: 5 })).toEqual([events[index]]);
        }
        const done = strange.map((key, index): DeadLetterChange => ({ key, position: index + 1, done: true }));
        await writer.commit([{ ...commitOf(lease, 20, 20), deadLetters: done }]);
        expect(await reader.deadLetters(live, { first: 20 })).toEqual([]);
      }),
    );

    test(
      'is not changed by a commit that is refused',
      onStore(open, async ({ writer, reader, lease }) => {
        await writer.commit([{ ...commitOf(lease, 0, 5, change('a', 5, {})), deadLetters: [event('b', 1, 'broken')] }]);
        const done: DeadLetterChange = { key: 'b', position: 1, done: true };
        const refused = { ...commitOf(lease, 5, 6, change('a', 4, {})), deadLetters: [done, event('c', 6, 'broken')] };
        await expect(writer.commit([refused])).rejects.toMatchObject({ name: 'DocumentRefused' });
        expect((await reader.deadLetters(live, { first: 5 })).map(({ first }) => first.key)).toEqual(['b']);
      }),
    );
  });
}
