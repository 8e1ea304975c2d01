/** Documents and checkpoints are written together. */
import { describe, expect, test } from '@jest/globals';
import type { Document } from '../../../src/kernel/projection.js';
import { noProgress } from '../../../src/views/port/build-identity.js';
import { CheckpointMoved, DocumentRefused } from '../../../src/views/port/errors.js';
import type { Scalar } from '../../../src/views/port/query.js';
import { change, commitOf, keys, live, tallies } from './deals.js';
import { onStore, recordOf, type OpenStore } from './store.js';

export function commits(open: OpenStore): void {
  describe('commits', () => {
    test(
      'a build that was begun stands at 0 and is empty',
      onStore(open, async ({ writer, reader }) => {
        expect(await recordOf(writer, live)).toMatchObject({ position: 0 });
        expect(await reader.position(live)).toBe(0);
        expect(await keys(reader)).toEqual([]);
        expect(await reader.count(live, {})).toBe(0);
      }),
    );

    test(
      'documents and checkpoint are there after a commit, on both sides',
      onStore(open, async ({ writer, reader, commit }) => {
        await commit(0, 7, change('a', 3, { name: 'Alpha' }), change('b', 5, {}));
        expect(await recordOf(writer, live)).toMatchObject({ position: 7 });
        expect(await reader.position(live)).toBe(7);
        expect(await reader.get(live, ['b', 'missing', 'a'])).toEqual([
          { id: 'b', name: 'b', stage: 'open', owner: 'ana' },
          null,
          { id: 'a', name: 'Alpha', stage: 'open', owner: 'ana' },
        ]);
      }),
    );

    test(
      'a batch without changes moves the checkpoint',
      onStore(open, async ({ commit, reader }) => {
        await commit(0, 500);
        expect(await reader.position(live)).toBe(500);
      }),
    );

    test(
      'a document is given back as it was put in, whatever it holds',
      onStore(open, async ({ writer, reader, commit }) => {
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
        await commit(0, 1, { key: 'x|y%', position: 1, document });
        expect(await reader.get(live, ['x|y%'])).toEqual([document]);
        const [item] = JSON.parse((await reader.list(live, { orderBy: [], first: 1 })).json) as readonly unknown[];
        expect(item).toMatchObject({ key: 'x|y%', document });
        expect(await writer.load(live, ['x|y%'])).toEqual(new Map([['x|y%', { document, position: 1 }]]));
      }),
    );

    test(
      'load gives documents with the position of their last change, and none where there is none',
      onStore(open, async ({ writer, keep }) => {
        await keep({ a: { score: 1 }, b: {}, c: {} });
        await keep({ a: { score: 2 }, b: null });
        const loaded = await writer.load(live, ['a', 'b', 'c', 'nobody']);
        expect(loaded.get('a')).toMatchObject({ document: { score: 2 }, position: 4 });
        expect(loaded.get('c')).toMatchObject({ document: { name: 'c' }, position: 3 });
        expect(loaded.get('b')?.document ?? null).toBeNull();
        expect(loaded.has('nobody')).toBe(false);
      }),
    );

    test(
      'find gives the keys of current documents with a value, as it stands there',
      onStore(open, async ({ writer, keep }) => {
        await keep({
          a: { region: 'N', score: 1 },
          b: { region: 'n', owner: 'bob' },
          c: { region: 'N' },
          d: { region: null },
          e: { region: 'N' },
        });
        await keep({ c: { region: 'S' }, e: null });
        const found = async (column: string, value: Scalar) => [...(await writer.find(live, column, value))].sort().join('');
        expect(await found('region', 'N')).toBe('a');
        expect(await found('region', null)).toBe('d');
        expect(await found('owner', 'bob')).toBe('b');
        expect(await found('score', 1)).toBe('a');
        expect(await found('stage', 'won')).toBe('');
        await keep({ b: { region: 'N' } });
        expect(await found('region', 'N')).toBe('ab');
        await expect(writer.find(live, 'tags', 'x')).rejects.toThrow(TypeError);
      }),
    );

    test(
      'a commit from elsewhere than the checkpoint is refused, and no other of its read models is changed in its outcome',
      onStore(open, async ({ writer, reader, keep, lease, commit }) => {
        const build = await writer.begin(tallies);
        await keep({ a: {} });
        const tally = { ...commitOf(lease, 0, 1, { key: 't', position: 1, document: { name: 't', total: 1 } }), build };
        const late = writer.commit([tally, commitOf(lease, 0, 2, change('b', 2, {}))]);
        await expect(late).rejects.toThrow(CheckpointMoved);
        await expect(late).rejects.toMatchObject({ checkpoint: 'deals@1#1', expected: 0, actual: 1 });
        expect(await reader.position(build)).toBe(0);
        expect(await keys(reader)).toEqual(['a']);
        await writer.commit([tally, commitOf(lease, 1, 2, change('c', 2, {}))]);
        expect(await reader.get(build, ['t'])).toMatchObject([{ total: 1 }]);
        expect(await keys(reader)).toEqual(['a', 'c']);
        await expect(commit(1, 3)).rejects.toThrow(CheckpointMoved);
      }),
    );

    test(
      'a batch that was stored is refused when it is repeated, and its documents stand once',
      onStore(open, async ({ commit, reader }) => {
        await commit(0, 2, change('a', 1, { score: 1 }), change('a', 2, { score: 2 }));
        await expect(commit(0, 2, change('a', 1, { score: 1 }), change('a', 2, { score: 2 }))).rejects.toThrow(CheckpointMoved);
        expect(await reader.get(live, ['a'])).toMatchObject([{ score: 2 }]);
        expect(await reader.get(live, ['a'], 1)).toMatchObject([{ score: 1 }]);
      }),
    );

    test(
      'a change that goes back in time is refused by name, with its whole batch',
      onStore(open, async ({ commit, reader }) => {
        await commit(0, 5, change('a', 5, {}));
        const refused = commit(5, 6, change('b', 6, {}), change('a', 4, {}));
        await expect(refused).rejects.toThrow(DocumentRefused);
        await expect(refused).rejects.toMatchObject({ build: 'deals@1#1', key: 'a', position: 4 });
        expect(await keys(reader)).toEqual(['a']);
        expect(await reader.position(live)).toBe(5);
      }),
    );

    test(
      'an integer that is not exact is refused by name, also where a later change of the batch mends it',
      onStore(open, async ({ writer, lease, commit, reader }) => {
        const beyond = { amount: 2 ** 53, currency: 'EUR' };
        const refused = commit(0, 1, change('a', 1, { amount: beyond }));
        await expect(refused).rejects.toThrow(DocumentRefused);
        await expect(refused).rejects.toMatchObject({ key: 'a', position: 1, reason: expect.stringMatching(/amount .*2\^53 - 1/) });
        await expect(commit(0, 2, change('a', 1, { amount: beyond }), change('a', 2, {}))).rejects.toMatchObject({ key: 'a', position: 1 });
        expect(await reader.position(live)).toBe(0);
        const build = await writer.begin(tallies);
        const tally = (position: number, total: number) => ({ key: 't', position, document: { name: 't', total } });
        const tallied = writer.commit([{ ...commitOf(lease, 0, 2, tally(1, 2 ** 53), tally(2, 1)), build }]);
        await expect(tallied).rejects.toMatchObject({ name: 'DocumentRefused', key: 't', position: 1 });
        expect(await reader.count(build, {})).toBe(0);
      }),
    );

    test(
      'all documents of a build that are refused are told at once, each with its first such change',
      onStore(open, async ({ commit, reader }) => {
        const beyond = { amount: 2 ** 53, currency: 'EUR' };
        const bad = (key: string, position: number) => change(key, position, { amount: beyond });
        await expect(commit(0, 5, bad('a', 1), change('b', 2, {}), bad('c', 3), bad('a', 4), bad('c', 5))).rejects.toMatchObject({
          key: 'a',
          position: 1,
          others: [{ key: 'c', position: 3, reason: expect.stringMatching(/2\^53 - 1/) }],
        });
        expect(await keys(reader)).toEqual([]);
      }),
    );

    test(
      'a document that has no stored form is refused by name, whatever keeps it from one, and others are taken',
      onStore(open, async ({ writer, lease, commit, reader }) => {
        const circular: Record<string, unknown> = {};
        circular['self'] = circular;
        const fail = (): never => {
          throw new Error('no such rate');
        };
        const unwritable: Readonly<Record<string, readonly [extra: unknown, reason: RegExp]>> = {
          'a BigInt': [1n, /JSON.*BigInt/],
          itself: [circular, /JSON.*circular/],
          'what fails when it is written': [{ toJSON: fail }, /JSON.*no such rate/],
        };
        const build = await writer.begin(tallies);
        const tally = (document: Document) => ({ ...commitOf(lease, 0, 1, { key: 't', position: 1, document }), build });
        for (const [what, [extra, reason]] of Object.entries(unwritable)) {
          const refused = { name: 'DocumentRefused', position: 1, reason: expect.stringMatching(reason) };
          const deal = { name: 'a', stage: 'open', owner: 'ana', extra };
          const outcomes = await Promise.allSettled([
            commit(0, 1, { key: 'a', position: 1, document: deal }),
            writer.commit([tally({ name: 't', total: 1, extra })]),
          ]);
          expect([what, ...outcomes]).toMatchObject([what, { reason: { ...refused, key: 'a' } }, { reason: { ...refused, key: 't' } }]);
        }
        const list = [] as unknown as Document;
        await expect(writer.commit([tally(list)])).rejects.toMatchObject({ name: 'DocumentRefused', reason: 'its JSON is not an object.' });
        const currency = 1n as unknown as string;
        const priced = commit(0, 1, change('a', 1, { amount: { amount: 1, currency } }));
        await expect(priced).rejects.toMatchObject({ name: 'DocumentRefused', reason: expect.stringMatching(/^amount has a currency/) });
        await writer.commit([commitOf(lease, 0, 1, change('a', 1, {})), tally({ name: 't', total: 1 })]);
        expect([await reader.count(live, {}), await reader.count(build, {})]).toEqual([1, 1]);
      }),
    );

    test(
      'progress is there after a commit; when it was finished first, it was finished',
      onStore(open, async ({ writer, lease }) => {
        const measuredAt = '2026-01-02T03:04:05.678Z';
        const progress = {
          events: 12,
          head: 40,
          rate: 250.5,
          positionRate: 1_000.5,
          measuredAt,
          finishedAt: null,
          error: 'the disk is full',
        };
        await writer.commit([{ ...commitOf(lease, 0, 20), progress }]);
        expect(await recordOf(writer, live)).toMatchObject({ ...progress, position: 20 });
        const first = { ...noProgress, events: 30, head: 41, finishedAt: '2026-01-02T03:04:05.000Z' };
        await writer.commit([{ ...commitOf(lease, 20, 41), progress: first }]);
        expect(await recordOf(writer, live)).toMatchObject({ ...first, position: 41 });
        await writer.commit([{ ...commitOf(lease, 41, 42), progress: { ...first, events: 31, finishedAt: '2026-02-02T00:00:00.000Z' } }]);
        expect(await recordOf(writer, live)).toMatchObject({ ...first, events: 31 });
      }),
    );

    test(
      'reset empties a build, its past too, and leaves others alone',
      onStore(open, async ({ writer, reader, keep, lease, commit }) => {
        const build = await writer.begin(tallies);
        const progress = { ...noProgress, events: 2, head: 2, rate: 2, positionRate: 2, measuredAt: '2026-01-02T03:04:05.678Z' };
        await writer.commit([
          { ...commitOf(lease, 0, 2, change('a', 1, {}), change('a', 2, { name: 'Zulu' })), progress },
          { ...commitOf(lease, 0, 2, { key: 't', position: 1, document: { name: 't', total: 1 } }), build },
        ]);
        await writer.finalize(live, lease);
        await writer.reset(live, lease);
        const { head: _, ...empty } = noProgress;
        expect(await recordOf(writer, live)).toMatchObject({ ...empty, state: 'live', position: 0 });
        expect(await reader.position(live)).toBe(0);
        expect(await reader.get(live, ['a'], 1)).toEqual([null]);
        expect(await keys(reader, { search: 'zulu' })).toEqual([]);
        expect(await reader.count(build, {})).toBe(1);
        await keep({ b: {} });
        expect(await keys(reader)).toEqual(['b']);
        // A position that a change had before the reset is free again.
        await commit(1, 2, change('a', 2, { name: 'Yankee' }));
        expect(await keys(reader, { search: 'yankee' })).toEqual(['a']);
      }),
    );
  });
}
