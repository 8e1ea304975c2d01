/** Every version of a document is kept for the positions that it was true for. */
import { describe, expect, test } from '@jest/globals';
import { NoHistory } from '../../../src/views/port/query-errors.js';
import { change, commitOf, is, keys, live, tallies } from './deals.js';
import { onStore, type OpenStore } from './store.js';

export function moments(open: OpenStore): void {
  describe('as of a position', () => {
    test(
      'a document is what its last event at or before the position made of it',
      onStore(open, async ({ commit, reader }) => {
        await commit(0, 10, change('a', 10, { stage: 'open' }));
        await commit(10, 20, change('a', 20, { stage: 'won' }));
        const stageAt = async (position?: number) => (await reader.get(live, ['a'], position))[0]?.stage;
        expect(await Promise.all([9, 10, 11, 19, 20, 21, undefined].map(stageAt))).toEqual([
          undefined,
          'open',
          'open',
          'open',
          'won',
          'won',
          'won',
        ]);
        const won = async (position: number) => reader.count(live, { where: is('stage', 'eq', 'won'), asOf: position });
        expect(await Promise.all([9, 10, 19, 20, 21].map(won))).toEqual([0, 0, 0, 1, 1]);
        expect(await keys(reader, { asOf: 9 })).toEqual([]);
      }),
    );

    test(
      'a batch keeps every version that it passes through, in whatever order the keys come',
      onStore(open, async ({ commit, reader }) => {
        await commit(
          0,
          6,
          change('a', 1, { score: 1 }),
          change('a', 3, { score: 3 }),
          change('a', 5, { score: 5 }),
          change('b', 2, { score: 2 }),
          change('b', 4, { score: 4 }),
        );
        const scores = async (asOf: number) => (await reader.get(live, ['a', 'b'], asOf)).map((deal) => deal?.score ?? null);
        expect(await Promise.all([0, 1, 2, 3, 4, 5, 6].map(scores))).toEqual([
          [null, null],
          [1, null],
          [1, 2],
          [3, 2],
          [3, 4],
          [5, 4],
          [5, 4],
        ]);
      }),
    );

    test(
      'a removed document is missing from its removal on, and a new one under its key starts afresh',
      onStore(open, async ({ keep, commit, reader }) => {
        await keep({ a: { name: 'first' } });
        await keep({ a: null });
        await keep({ a: { name: 'second' } });
        await commit(3, 6, change('a', 4, null), change('a', 5, { name: 'third' }), change('a', 6, null));
        const names = async (asOf: number) => (await reader.get(live, ['a'], asOf))[0]?.name ?? null;
        expect(await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(names))).toEqual([null, 'first', null, 'second', null, 'third', null, null]);
        expect(await Promise.all([1, 2, 3, 4, 5, 6].map((asOf) => reader.count(live, { asOf })))).toEqual([1, 0, 1, 0, 1, 0]);
        expect(await keys(reader)).toEqual([]);
        expect(await keys(reader, { search: 'third' })).toEqual([]);
      }),
    );

    test(
      'removing what is not there changes nothing',
      onStore(open, async ({ keep, reader }) => {
        await keep({ nobody: null });
        expect(await reader.position(live)).toBe(1);
        expect(await reader.count(live, {})).toBe(0);
      }),
    );

    test(
      'two changes at one position leave the second',
      onStore(open, async ({ commit, reader }) => {
        await commit(0, 2, change('a', 1, { score: 1 }), change('a', 2, { score: 2 }), change('a', 2, { score: 22 }));
        expect(await reader.get(live, ['a'], 2)).toMatchObject([{ score: 22 }]);
        expect(await reader.get(live, ['a'], 1)).toMatchObject([{ score: 1 }]);
        expect(await reader.count(live, { asOf: 2 })).toBe(1);
      }),
    );

    test(
      'filters, order, paging and search see the past versions',
      onStore(open, async ({ keep, reader }) => {
        const then = await keep({
          a: { name: 'Anker', score: 1 },
          b: { name: 'Boje', score: 2 },
          c: { name: 'Clipper', score: 3 },
        });
        await keep({ a: { name: 'Segel', score: 9 }, c: null, d: { name: 'Anker', score: 5 } });
        const orderBy = [{ column: 'score', descending: true }];
        expect(await keys(reader, { orderBy, asOf: then })).toEqual(['c', 'b', 'a']);
        expect(await keys(reader, { orderBy })).toEqual(['a', 'd', 'b']);
        expect(await keys(reader, { search: 'ank', asOf: then })).toEqual(['a']);
        expect(await keys(reader, { search: 'ank' })).toEqual(['d']);
        expect(await keys(reader, { where: is('score', 'lt', 3), asOf: then })).toEqual(['a', 'b']);
        const first = await reader.list(live, { orderBy, first: 2, asOf: then });
        expect(first.hasNext).toBe(true);
        const { cursor } = (JSON.parse(first.json) as { cursor: string }[])[1]!;
        expect(await keys(reader, { orderBy, asOf: then, after: cursor })).toEqual(['a']);
      }),
    );

    test(
      'a read model without history is current only',
      onStore(open, async ({ writer, lease, reader }) => {
        const build = await writer.begin(tallies);
        const tally = (position: number, total: number) => ({
          ...commitOf(lease, position - 1, position, { key: 't', position, document: { name: 't', total } }),
          build,
        });
        await writer.commit([tally(1, 1)]);
        await writer.commit([tally(2, 2)]);
        expect(await reader.get(build, ['t'])).toEqual([{ name: 't', total: 2 }]);
        await expect(reader.get(build, ['t'], 1)).rejects.toThrow(NoHistory);
        await expect(reader.list(build, { orderBy: [], first: 1, asOf: 1 })).rejects.toThrow(NoHistory);
        await expect(reader.count(build, { asOf: 1 })).rejects.toThrow(NoHistory);
        await expect(reader.summarise(build, { groupBy: [], measures: ['total'], asOf: 1 })).rejects.toThrow(NoHistory);
      }),
    );
  });
}
