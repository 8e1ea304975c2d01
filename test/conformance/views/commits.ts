/** Documents and checkpoints are written together or not at all, by one projector at a time. */
import { describe, expect, test } from '@jest/globals';
import { CheckpointMoved, NotYetThere } from '../../../src/views/port.js';
import { change, commitOf, deals, keep, keys, tallies } from './deals.js';
import { onStore, type OpenStore } from './store.js';

export function commits(open: OpenStore): void {
  describe('commits', () => {
    test(
      'a prepared read model stands at 0 and is empty',
      onStore(open, async ({ writer, reader }) => {
        expect(await writer.checkpoint(deals)).toBe(0);
        expect(await reader.position(deals)).toBe(0);
        expect(await keys(reader)).toEqual([]);
        expect(await reader.count(deals, {})).toBe(0);
      }),
    );

    test(
      'documents and checkpoint are there after a commit, on both sides',
      onStore(open, async ({ writer, reader }) => {
        await writer.commit([commitOf(0, 7, change('a', 3, { name: 'Alpha' }), change('b', 5, {}))]);
        expect(await writer.checkpoint(deals)).toBe(7);
        expect(await reader.position(deals)).toBe(7);
        expect(await reader.get(deals, ['b', 'missing', 'a'])).toEqual([
          { id: 'b', name: 'b', stage: 'open', owner: 'ana' },
          null,
          { id: 'a', name: 'Alpha', stage: 'open', owner: 'ana' },
        ]);
      }),
    );

    test(
      'a batch without changes moves the checkpoint',
      onStore(open, async ({ writer, reader }) => {
        await writer.commit([commitOf(0, 500)]);
        expect(await reader.position(deals)).toBe(500);
      }),
    );

    test(
      'a document is given back as it was put in, whatever it holds',
      onStore(open, async ({ writer, reader }) => {
        const document = {
          id: 'x',
          name: '"quoted" \\ \n Ștefan 😀 \u2028',
          stage: 'won',
          owner: 'ana',
          urgent: false,
          score: 0,
          ratio: 0.1,
          amount: { amount: Number.MAX_SAFE_INTEGER, currency: 'EUR' },
          paid: { EUR: 5, RON: -3 },
          days: { count: 1, sum: 2.5, values: [2.5] },
          tags: ['a', 'b'],
          extra: { nested: [null, { deep: true }] },
        };
        await writer.commit([commitOf(0, 1, { key: 'x|y%', position: 1, document })]);
        expect(await reader.get(deals, ['x|y%'])).toEqual([document]);
        const [item] = JSON.parse((await reader.list(deals, { orderBy: [], first: 1 })).json) as readonly unknown[];
        expect(item).toMatchObject({ key: 'x|y%', document });
        expect(await writer.load(deals, ['x|y%'])).toEqual(new Map([['x|y%', document]]));
      }),
    );

    test(
      'load gives current documents and leaves out those that do not exist',
      onStore(open, async ({ writer }) => {
        await keep(writer, { a: { score: 1 }, b: {}, c: {} });
        await keep(writer, { a: { score: 2 }, b: null });
        const loaded = await writer.load(deals, ['a', 'b', 'c', 'nobody']);
        expect([...loaded.keys()].sort()).toEqual(['a', 'c']);
        expect(loaded.get('a')).toMatchObject({ score: 2 });
      }),
    );

    test(
      'a commit from elsewhere than the checkpoint is refused, and writes nothing for any of its read models',
      onStore(open, async ({ writer, reader }) => {
        await writer.prepare([tallies]);
        await keep(writer, { a: {} });
        const tally = { model: tallies, from: 0, to: 1, changes: [{ key: 't', position: 1, document: { name: 't', total: 1 } }] };
        const late = writer.commit([tally, commitOf(0, 2, change('b', 2, {}))]);
        await expect(late).rejects.toThrow(CheckpointMoved);
        await expect(late).rejects.toMatchObject({ model: 'deals', expected: 0, actual: 1 });
        expect(await reader.get(tallies, ['t'])).toEqual([null]);
        expect(await reader.position(tallies)).toBe(0);
        expect(await keys(reader)).toEqual(['a']);
      }),
    );

    test(
      'of two projectors at work, the second to commit is told so',
      onStore(open, async ({ writer, reader, store }) => {
        const other = await store.writer();
        await other.prepare([deals]);
        await writer.commit([commitOf(0, 1, change('a', 1, { name: 'first' }))]);
        await expect(other.commit([commitOf(0, 1, change('a', 1, { name: 'second' }))])).rejects.toThrow(CheckpointMoved);
        await other.commit([commitOf(1, 2, change('b', 2, {}))]);
        expect(await reader.get(deals, ['a'])).toMatchObject([{ name: 'first' }]);
        expect(await writer.checkpoint(deals)).toBe(2);
      }),
    );

    test(
      'a change that goes back in time is refused with its whole batch',
      onStore(open, async ({ writer, reader }) => {
        await writer.commit([commitOf(0, 5, change('a', 5, {}))]);
        await expect(writer.commit([commitOf(5, 6, change('b', 6, {}), change('a', 4, {}))])).rejects.toThrow(RangeError);
        expect(await keys(reader)).toEqual(['a']);
        expect(await reader.position(deals)).toBe(5);
      }),
    );

    test(
      'an integer that is not exact is refused by name',
      onStore(open, async ({ writer, reader }) => {
        const beyond = { amount: 2 ** 53, currency: 'EUR' };
        await expect(writer.commit([commitOf(0, 1, change('a', 1, { amount: beyond }))])).rejects.toThrow(/deals a: amount .*2\^53 - 1/);
        expect(await reader.position(deals)).toBe(0);
      }),
    );

    test(
      'reset empties a read model, its past too, and leaves others alone',
      onStore(open, async ({ writer, reader }) => {
        await writer.prepare([deals, tallies]);
        await writer.commit([
          commitOf(0, 2, change('a', 1, {}), change('a', 2, { name: 'Zulu' })),
          { model: tallies, from: 0, to: 2, changes: [{ key: 't', position: 1, document: { name: 't', total: 1 } }] },
        ]);
        await writer.reset(deals);
        expect(await reader.position(deals)).toBe(0);
        expect(await reader.get(deals, ['a'], 1)).toEqual([null]);
        expect(await keys(reader, { search: 'zulu' })).toEqual([]);
        expect(await reader.count(tallies, {})).toBe(1);
        await keep(writer, { b: {} });
        expect(await keys(reader)).toEqual(['b']);
      }),
    );

    test(
      'preparing again changes nothing; another version stands beside',
      onStore(open, async ({ writer, reader }) => {
        await keep(writer, { a: {} });
        const next = { ...deals, version: 2 };
        await writer.prepare([deals, next]);
        expect(await reader.position(deals)).toBe(1);
        expect(await reader.position(next)).toBe(0);
        await writer.commit([{ model: next, from: 0, to: 1, changes: [change('b', 1, {})] }]);
        expect(await reader.get(deals, ['a', 'b'])).toMatchObject([{ id: 'a' }, null]);
        expect(await reader.get(next, ['a', 'b'])).toMatchObject([null, { id: 'b' }]);
      }),
    );

    test(
      'changed columns under the same version begin anew',
      onStore(open, async ({ writer, reader }) => {
        await keep(writer, { a: { score: 3 } });
        const changed = { ...deals, columns: deals.columns.filter(({ name }) => name !== 'score') };
        expect(await reader.position(changed)).toBe(0);
        expect(await reader.count(changed, {})).toBe(0);
        await writer.prepare([changed]);
        expect(await writer.checkpoint(changed)).toBe(0);
        expect(await reader.count(changed, {})).toBe(0);
        await writer.commit([{ model: changed, from: 0, to: 1, changes: [change('b', 1, {})] }]);
        expect(await reader.get(changed, ['a', 'b'])).toMatchObject([null, { id: 'b' }]);
      }),
    );

    test(
      'a waiting reader goes on once the position is reached, or is told that it was not',
      onStore(open, async ({ writer, reader }) => {
        await reader.reached(deals, 0, 1_000);
        const waits = [reader.reached(deals, 1, 20_000), reader.reached(deals, 2, 20_000)];
        await keep(writer, { a: {} });
        await waits[0];
        await expect(reader.reached(deals, 2, 30)).rejects.toThrow(NotYetThere);
        await expect(reader.reached(deals, 9, 30)).rejects.toMatchObject({ model: 'deals', wanted: 9, at: 1 });
        await keep(writer, { b: {} });
        await waits[1];
        expect(await reader.position(deals)).toBe(2);
      }),
    );
  });

  describe('before a writer has prepared it', () => {
    test('a read model stands at 0 and has no documents', async () => {
      const store = await open();
      try {
        const reader = await store.reader();
        expect(await reader.position(deals)).toBe(0);
        expect(await reader.get(deals, ['a'])).toEqual([null]);
        expect(await reader.list(deals, { orderBy: [], first: 10 })).toEqual({ json: '[]', hasNext: false });
        expect(await reader.count(deals, {})).toBe(0);
        expect(await reader.summarise(deals, { groupBy: ['stage'], measures: [] })).toEqual([]);
        const waiting = reader.reached(deals, 1, 20_000);
        const writer = await store.writer();
        await writer.prepare([deals]);
        await keep(writer, { a: {} });
        await waiting;
        expect(await keys(reader)).toEqual(['a']);
      } finally {
        await store.remove();
      }
    });
  });
}
