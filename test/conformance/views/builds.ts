/** Builds stand side by side, and of each read model one answers: never two, and never one that is behind. */
import { describe, expect, test } from '@jest/globals';
import { shapeOf } from '../../../src/kernel/read-model.js';
import { noProgress } from '../../../src/views/port/build-identity.js';
import type { Build } from '../../../src/views/port/builds.js';
import { BuildGone, NotReady } from '../../../src/views/port/errors.js';
import { LeaseLost } from '../../../src/leases/errors.js';
import type { ViewWriter } from '../../../src/views/port/store.js';
import { gathered } from '../../support/log/gathered.js';
import { change, commitOf, deals, keys, live, tallies } from './deals.js';
import { onStore, recordOf, type OpenStore } from './store.js';

const second = { ...deals, version: 2 };

const idOf = ({ model, number }: Build) => ({ name: model.name, version: model.version, number });

async function states(writer: ViewWriter): Promise<readonly string[]> {
  const records = await writer.builds();
  return records.filter(({ name }) => name === 'deals').map(({ version, number, state }) => `${version}#${number} ${state}`);
}

export function builds(open: OpenStore): void {
  describe('builds', () => {
    test(
      'the first of a read model is live at once, the next one is built beside it; the register says what it knows of each',
      onStore(open, async ({ writer, reader }) => {
        expect(await writer.begin(tallies)).toEqual({ model: tallies, number: 1 });
        expect(await writer.begin(second)).toEqual({ model: second, number: 2 });
        expect(await states(writer)).toEqual(['1#1 live', '2#2 building']);
        const [first, next] = (await reader.builds()).filter(({ name }) => name === 'deals');
        const started = Date.parse(first!.startedAt);
        expect(Math.abs(Date.now() - started)).toBeLessThan(600_000);
        expect(first).toMatchObject({ ...noProgress, shape: shapeOf(deals), position: 0, deadLetters: 0 });
        expect(first!.servedAt).not.toBeNull();
        expect(next).toMatchObject({ shape: shapeOf(second), servedAt: null });
      }),
    );

    test(
      'beginning again goes on with what is being built of that version and those columns',
      onStore(open, async ({ writer, keep }) => {
        const build = await writer.begin(second);
        await keep({ a: {} }, build);
        expect(await writer.begin(second)).toEqual(build);
        expect(await recordOf(writer, build)).toMatchObject({ position: 1 });
        const changed = { ...second, columns: deals.columns.filter(({ name }) => name !== 'score') };
        expect(await writer.begin(changed)).toEqual({ model: changed, number: 3 });
        expect(await writer.begin(deals)).toEqual({ model: deals, number: 4 });
      }),
    );

    test(
      'begun by two at the same time, it is one build, and one of two first ones is live',
      onStore(open, async ({ writer, store }) => {
        const other = await store.writer();
        const [one, two] = await Promise.all([writer.begin(second), other.begin(second)]);
        expect(one).toEqual(two);
        await Promise.all([writer.begin(tallies), other.begin({ ...tallies, version: 2 })]);
        const found = (await writer.builds()).filter(({ name }) => name === 'tallies');
        expect(found.map(({ state }) => state).sort()).toEqual(['building', 'live']);
        expect(found.map(({ number }) => number)).toEqual([1, 2]);
      }),
    );

    test(
      'their documents never mix, not even of one version',
      onStore(open, async ({ writer, reader, keep }) => {
        await keep({ a: { name: 'Alpha' }, b: {} });
        const again = await writer.begin(deals);
        await keep({ a: { name: 'Omega' } }, again);
        expect(await reader.get(live, ['a', 'b'])).toMatchObject([{ name: 'Alpha' }, { name: 'b' }]);
        expect(await reader.get(again, ['a', 'b'])).toMatchObject([{ name: 'Omega' }, null]);
        expect(await reader.count(again, { search: 'alpha' })).toBe(0);
        expect(await reader.count(live, { search: 'alpha' })).toBe(1);
        expect([await reader.position(live), await reader.position(again)]).toEqual([2, 1]);
        expect((await writer.load(again, ['a', 'b'])).get('b')).toBeUndefined();
      }),
    );

    test(
      'complete makes a build ready with all that it needs to be searched and listed; repeating it does nothing',
      onStore(open, async ({ writer, reader, keep, lease }) => {
        const next = await writer.begin(second);
        await keep({ a: { name: 'Zoe Ábel', score: 2 }, b: { name: 'Abel', score: 1 } }, next);
        const found = async () => ({
          searched: await reader.count(next, { search: 'abe' }),
          listed: (
            JSON.parse((await reader.list(next, { orderBy: [{ column: 'score', descending: false }], first: 9 })).json) as { key: string }[]
          ).map(({ key }) => key),
        });
        const expected = { searched: 2, listed: ['b', 'a'] };
        expect(await found()).toEqual(expected);
        await writer.finalize(next, lease);
        const record = await recordOf(writer, next);
        expect(record).toMatchObject({ state: 'ready', position: 2 });
        expect(record.finishedAt).not.toBeNull();
        await writer.finalize(next, lease);
        expect(await recordOf(writer, next)).toEqual(record);
        expect(await found()).toEqual(expected);
        await keep({ c: { name: 'Abélia', score: 0 }, b: { name: 'Zoe', score: 5 } }, next);
        expect(await found()).toEqual({ searched: 2, listed: ['c', 'a', 'b'] });
        await writer.finalize(live, lease);
        expect(await states(writer)).toEqual(['1#1 live', '2#2 ready']);
      }),
    );

    test(
      'while complete is under way, commits of the same build come as ever',
      onStore(open, async ({ writer, reader, keep, lease }) => {
        const next = await writer.begin(second);
        await keep({ a: { name: 'Abel', score: 1 }, b: { name: 'Zoe', score: 2 } }, next);
        const completing = writer.finalize(next, lease);
        for (const score of [3, 4, 5]) await keep({ b: { name: `Abel ${score}`, score }, [`c${score}`]: { score } }, next);
        await completing;
        expect(await recordOf(writer, next)).toMatchObject({ state: 'ready', position: 8 });
        expect(await reader.count(next, { search: 'abel' })).toBe(2);
        expect(await reader.count(next, { search: 'zoe' })).toBe(0);
        const damage = (await gathered(reader.scan(next))).filter((document) => document.damage !== undefined);
        expect(damage).toEqual([]);
        await keep({ a: null }, next);
        expect(await reader.count(next, { search: 'abel' })).toBe(1);
      }),
    );

    test(
      'a lease that is taken while complete is under way ends that, with the build as it was',
      onStore(open, async ({ writer, store, keep, lease }) => {
        const other = await store.writer();
        const next = await writer.begin(second);
        await keep({ a: {} }, next);
        // Where the store is that quick, it was done before.
        const outcome = writer.finalize(next, lease).then(
          () => 'ready',
          (failure: unknown) => (failure instanceof LeaseLost ? 'building' : failure),
        );
        await writer.leases.release([lease]);
        await other.leases.acquire(['deals'], 'another', 600_000);
        expect((await recordOf(writer, next)).state).toBe(await outcome);
      }),
    );

    test(
      'one that is not ready, or is behind, does not take over: the refusal says where both stand',
      onStore(open, async ({ writer, keep, lease }) => {
        await keep({ a: {}, b: {}, c: {} });
        const next = await writer.begin(second);
        await keep({ a: {}, b: {} }, next);
        await expect(writer.cutOver(idOf(next))).rejects.toThrow(NotReady);
        await writer.finalize(next, lease);
        await expect(writer.cutOver(idOf(next))).rejects.toThrow(/\b2\b.*\b3\b/);
        expect(await states(writer)).toEqual(['1#1 live', '2#2 ready']);
        await keep({ c: {} }, next);
        await writer.cutOver(idOf(next));
        expect(await states(writer)).toEqual(['1#1 retired', '2#2 live']);
        await writer.cutOver(idOf(next));
        expect(await states(writer)).toEqual(['1#1 retired', '2#2 live']);
      }),
    );

    test(
      'a retired build tails on and takes over again, once it is not behind',
      onStore(open, async ({ writer, reader, keep, lease }) => {
        await keep({ a: { name: 'first' } });
        const next = await writer.begin(second);
        await keep({ a: { name: 'second' } }, next);
        await writer.finalize(next, lease);
        await writer.cutOver(idOf(next));
        expect((await recordOf(writer, next)).servedAt).not.toBeNull();
        await keep({ b: {} }, next);
        await expect(writer.cutOver(idOf(live))).rejects.toThrow(NotReady);
        await keep({ b: {} });
        await writer.cutOver(idOf(live));
        expect(await states(writer)).toEqual(['1#1 live', '2#2 retired']);
        expect(await reader.get(live, ['a'])).toMatchObject([{ name: 'first' }]);
        expect(await reader.get(next, ['a'])).toMatchObject([{ name: 'second' }]);
      }),
    );

    test(
      'of many that take over at the same time one is live in the end, and one at every moment',
      onStore(open, async ({ writer, reader, store, lease }) => {
        const others = await Promise.all([store.writer(), store.writer()]);
        const ready: Build[] = [];
        for (const version of [2, 3, 4]) {
          const build = await writer.begin({ ...deals, version });
          await writer.finalize(build, lease);
          ready.push(build);
        }
        let done = false;
        const seen: number[] = [];
        const watching = (async () => {
          while (!done) seen.push((await reader.builds()).filter(({ name, state }) => name === 'deals' && state === 'live').length);
        })();
        for (let round = 0; round < 5; round++) {
          await Promise.all([writer, ...others].map((side, index) => side.cutOver(idOf(ready[(round + index) % 3]!))));
        }
        done = true;
        await watching;
        expect(new Set(seen)).toEqual(new Set([1]));
        const ends = (await states(writer)).map((text) => text.split(' ')[1]).sort();
        expect(ends).toEqual(['live', 'retired', 'retired', 'retired']);
      }),
    );

    test(
      'drop takes all of a build away but not the live one; its number is not given again',
      onStore(open, async ({ writer, reader, keep, lease }) => {
        await keep({ a: {} });
        const next = await writer.begin(second);
        await keep({ a: {} }, next);
        await expect(writer.drop(idOf(live))).rejects.toThrow(NotReady);
        await writer.drop(idOf(next));
        expect(await states(writer)).toEqual(['1#1 live']);
        expect(await keys(reader)).toEqual(['a']);
        expect(await writer.begin(second)).toEqual({ model: second, number: 3 });
        for (const work of [
          () => reader.get(next, ['a']),
          () => reader.list(next, { orderBy: [], first: 1 }),
          () => reader.count(next, {}),
          () => reader.summarise(next, { groupBy: [], measures: [] }),
          () => reader.position(next),
          () => reader.waitFor(next, 5, 60_000),
          () => gathered(reader.scan(next)),
          () => reader.histories(next, ['a']),
          () => reader.deadLetters(next, { first: 5 }),
          () => writer.load(next, ['a']),
          () => writer.commit([{ ...commitOf(lease, 1, 2, change('b', 2, {})), build: next }]),
          () => writer.reset(next, lease),
          () => writer.finalize(next, lease),
          () => writer.cutOver(idOf(next)),
        ]) {
          await expect(work()).rejects.toThrow(BuildGone);
        }
      }),
    );

    test(
      'a build that is dropped while it is read ends in that, and in no half answer',
      onStore(open, async ({ writer, reader, keep }) => {
        for (let round = 0; round < 5; round++) {
          const next = await writer.begin(second);
          await keep(Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, { score: index }])), next);
          const reads = Array.from({ length: 30 }, async () => reader.count(next, {}).catch((failure: unknown) => failure));
          await writer.drop(idOf(next));
          for (const answer of await Promise.all(reads)) if (answer !== 200) expect(answer).toBeInstanceOf(BuildGone);
        }
      }),
    );

    test(
      'reset of one that was ready has it built again',
      onStore(open, async ({ writer, keep, lease }) => {
        const next = await writer.begin(second);
        await keep({ a: {} }, next);
        await writer.finalize(next, lease);
        await writer.reset(next, lease);
        expect(await recordOf(writer, next)).toMatchObject({ state: 'building', position: 0, finishedAt: null });
        expect(await writer.begin(second)).toEqual(next);
      }),
    );
  });

  describe('before anything was begun', () => {
    test('there are no builds; what answers stands at 0 and has no documents', async () => {
      const store = await open();
      try {
        const reader = await store.reader();
        const none = { model: deals, number: undefined };
        expect(await reader.builds()).toEqual([]);
        expect(await reader.position(none)).toBe(0);
        await reader.waitFor(none, 0, 10);
        expect(await reader.get(none, ['a'])).toEqual([null]);
        expect(await reader.list(none, { orderBy: [], first: 10 })).toEqual({ json: '[]', hasNext: false });
        expect(await reader.count(none, {})).toBe(0);
        expect(await reader.summarise(none, { groupBy: ['stage'], measures: [] })).toEqual([]);
        expect(await gathered(reader.scan(none))).toEqual([]);
        expect(await reader.histories(none, ['a'])).toEqual([{ key: 'a', versions: [] }]);
        expect(await reader.deadLetters(none, { first: 5 })).toEqual([]);
        const writer = await store.writer();
        expect(await writer.builds()).toEqual([]);
        await writer.begin(deals);
        expect(await reader.position(live)).toBe(0);
        expect(await reader.builds()).toMatchObject([{ name: 'deals', number: 1, state: 'live' }]);
      } finally {
        await store.remove();
      }
    });
  });
}
