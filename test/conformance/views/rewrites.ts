/** Documents are rewritten when personal data was erased: nothing that was replaced is answered or stored any more. */
import { describe, expect, test } from '@jest/globals';
import { LeaseLost } from '../../../src/leases/errors.js';
import type { Document } from '../../../src/kernel/projection.js';
import type { Build } from '../../../src/views/port/builds.js';
import type { Rewrite } from '../../../src/views/port/commits.js';
import type { UnappliedEvent } from '../../../src/views/port/dead-letters.js';
import { ErasuresMoved } from '../../../src/views/port/errors.js';
import { gathered } from '../../support/log/gathered.js';
import { until } from '../../support/until.js';
import { change, commitOf, is, keys, live, tallies, type Deal } from './deals.js';
import { leaseOf, onStore, recordOf, type OpenStore } from './store.js';

/** A word that stands in nothing else. */
const WORD = 'xanthippe';

/** A text that is longer than a page of a file. */
const LONG = `${WORD} ${'and so on '.repeat(1_000)}`;

function rewrite(key: string, versions: Readonly<Record<number, Deal | null>>, ...deadLetters: readonly UnappliedEvent[]): Rewrite {
  return { key, versions: Object.entries(versions).map(([position, deal]) => change(key, Number(position), deal)), deadLetters };
}

function unapplied(key: string, position: number, error: string): UnappliedEvent {
  const at = { position, revision: position, id: `e${position}`, stream: { type: 'deal', id: key } };
  return { key, ...at, type: 'DealMoved', error, attempts: 1, since: '2026-03-04T05:06:07.089Z' };
}

export function rewrites(open: OpenStore): void {
  describe('rewrites', () => {
    test(
      'replace documents now and as of each position, in lists, searches, filters, sums, histories and dead letters',
      onStore(open, async ({ writer, reader, store, lease, commit }) => {
        await writer.finalize(live, lease);
        await writer.commit([
          {
            ...commitOf(
              lease,
              0,
              6,
              change('a', 1, { name: `Ana ${WORD}`, score: 1 }),
              change('b', 2, { name: `Bob ${WORD}`, region: WORD, score: 2 }),
              change('a', 3, { name: LONG, tags: [WORD], score: 4 }),
              change('c', 4, { name: 'Cid', score: 8 }),
              change('b', 5, null),
            ),
            deadLetters: [unapplied('a', 6, `no ${WORD}`), unapplied('c', 6, 'no')],
          },
        ]);
        await commit(6, 8, change('a', 7, { name: `Ada ${WORD}`, region: WORD, score: 16 }), change('b', 8, { name: WORD, score: 32 }));
        const second = await store.reader();
        expect(await keys(second, { search: WORD })).toEqual(['a', 'b']);
        expect(await keys(second, { search: WORD, asOf: 4 })).toEqual(['a', 'b']);
        expect(await store.holds(WORD)).toBe(true);

        expect(await writer.raiseErasures(live, 1, lease)).toEqual([]);
        const left = unapplied('a', 6, 'no name');
        const rewritten = [
          rewrite('a', { 1: { name: 'none', score: 1 }, 7: { name: 'none', score: 16 } }, left),
          rewrite('b', { 2: { name: 'none', score: 2 }, 5: null, 8: { name: 'none', score: 32 } }),
        ];
        await writer.commit([{ ...commitOf(lease, 8, 9), erasures: 1, rewrites: rewritten }]);

        for (const side of [reader, second]) {
          const scores = async (asOf?: number) =>
            (await side.get(live, ['a', 'b', 'c'], asOf)).map((document) => document?.['score'] ?? null);
          expect(await scores()).toEqual([16, 32, 8]);
          expect(await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map(scores))).toEqual([
            [1, null, null],
            [1, 2, null],
            [1, 2, null],
            [1, 2, 8],
            [1, null, 8],
            [1, null, 8],
            [16, null, 8],
            [16, 32, 8],
            [16, 32, 8],
          ]);
          for (const asOf of [undefined, 1, 2, 3, 4, 5, 6, 7, 8]) {
            const moment = asOf === undefined ? {} : { asOf };
            expect(await keys(side, { search: WORD, ...moment })).toEqual([]);
            expect(await keys(side, { where: is('name', 'contains', WORD), ...moment })).toEqual([]);
            expect(await side.count(live, { where: is('region', 'eq', WORD), ...moment })).toBe(0);
          }
          expect(await keys(side, { search: 'none' })).toEqual(['a', 'b']);
          expect(await keys(side, { where: is('name', 'eq', 'none'), asOf: 4 })).toEqual(['a', 'b']);
          const sum = async (asOf: number) =>
            (await side.summarise(live, { groupBy: [], measures: ['score'], asOf }))[0]?.measures['score'];
          expect(await Promise.all([1, 3, 6, 7, 8].map(sum))).toEqual([1, 3, 9, 24, 56]);
          const histories = await side.histories(live, ['a', 'b']);
          expect(histories).toEqual((await gathered(side.scan(live))).filter(({ key }) => key !== 'c'));
          expect(histories.map(({ versions, damage }) => [versions.map(({ since, until: to }) => [since, to]), damage])).toEqual([
            [[[1, 7], [7, null]], undefined], // prettier-ignore
            [[[2, 5], [8, null]], undefined], // prettier-ignore
          ]);
          expect(await side.unappliedEvents(live, 'a', { first: 10 })).toEqual([left]);
          expect(await side.deadLetters(live, { first: 10 })).toHaveLength(2);
        }
        expect(await recordOf(reader, live)).toMatchObject({ position: 9, erasures: 1, deadLetters: 2 });
        await until(
          () => store.holds(WORD),
          (holds) => !holds,
        );
        // The document goes on from its rewritten state.
        const next = { ...commitOf(lease, 9, 10, change('a', 10, { name: 'Eve' })), erasures: 1 };
        await writer.commit([next]);
        expect((await reader.histories(live, ['a']))[0]?.versions.map(({ since }) => since)).toEqual([1, 7, 10]);
      }),
    );

    test(
      'come before further changes and dead letters of the same commit, also before the build has its indexes',
      onStore(open, async ({ writer, reader, store, lease, commit }) => {
        await commit(0, 2, change('a', 1, { name: WORD }), change('a', 2, { name: `${WORD} too`, score: 1 }));
        await writer.raiseErasures(live, 3, lease);
        const rewritten = rewrite('a', { 1: { name: 'none' } }, unapplied('a', 2, 'old'));
        const changes = [change('a', 4, { name: 'Ana' }), change('a', 5, { name: 'Eve' })];
        const deadLetters = [{ key: 'a', position: 2, done: true as const }, unapplied('a', 6, 'new')];
        await writer.commit([{ ...commitOf(lease, 2, 6, ...changes), erasures: 3, rewrites: [rewritten], deadLetters }]);
        const names = async (asOf: number) => (await reader.get(live, ['a'], asOf)).map((document) => document?.['name']);
        expect(await Promise.all([1, 2, 3, 4, 5, 6].map(names))).toEqual([['none'], ['none'], ['none'], ['Ana'], ['Eve'], ['Eve']]);
        expect((await reader.unappliedEvents(live, 'a', { first: 10 })).map(({ position }) => position)).toEqual([6]);
        await until(
          () => store.holds(WORD),
          (holds) => !holds,
        );
        await writer.finalize(live, lease);
        expect(await keys(reader, { search: WORD })).toEqual([]);
        expect(await keys(reader, { search: 'eve' })).toEqual(['a']);
      }),
    );

    test(
      'may leave nothing of a document, which may begin again later',
      onStore(open, async ({ writer, reader, store, lease, commit }) => {
        await writer.finalize(live, lease);
        await commit(0, 3, change('a', 1, { name: WORD }), change('a', 2, null), change(WORD, 3, { name: 'Bob' }));
        await writer.raiseErasures(live, 1, lease);
        const gone = [rewrite('a', {}), rewrite(WORD, {}), rewrite('nobody', {})];
        await writer.commit([{ ...commitOf(lease, 3, 4), erasures: 1, rewrites: gone }]);
        expect(await gathered(reader.scan(live))).toEqual([]);
        expect(await reader.count(live, { asOf: 1 })).toBe(0);
        expect((await writer.load(live, ['a', WORD])).get(WORD)?.document ?? null).toBeNull();
        await until(
          () => store.holds(WORD),
          (holds) => !holds,
        );
        await writer.commit([{ ...commitOf(lease, 4, 5, change('a', 5, { name: 'Ada' })), erasures: 1 }]);
        expect(await keys(reader, { search: 'ada' })).toEqual(['a']);
        expect(await reader.get(live, ['a'], 4)).toEqual([null]);
      }),
    );

    test(
      'of a read model without history store the last version',
      onStore(open, async ({ writer, reader, store, lease }) => {
        const build: Build = await writer.begin(tallies);
        const tally = (position: number, document: Document | null, key = 't') => ({ key, position, document });
        const first = [tally(1, { name: WORD, total: 1 }), tally(2, { name: WORD, total: 2 }), tally(2, { name: WORD, total: 1 }, 'u')];
        await writer.commit([{ ...commitOf(lease, 0, 2, ...first), build }]);
        await writer.raiseErasures(build, 1, lease);
        const rewritten = [
          { key: 't', versions: [tally(1, { name: 'none', total: 1 }), tally(2, { name: 'none', total: 2 })], deadLetters: [] },
          { key: 'u', versions: [tally(1, { name: 'none', total: 1 }, 'u'), tally(2, null, 'u')], deadLetters: [] },
        ];
        await writer.commit([{ ...commitOf(lease, 2, 2), build, erasures: 1, rewrites: rewritten }]);
        expect(await reader.get(build, ['t', 'u'])).toEqual([{ name: 'none', total: 2 }, null]);
        await until(
          () => store.holds(WORD),
          (holds) => !holds,
        );
      }),
    );

    test(
      'and commits are refused when they know another number of erasures than the build has to, with nothing changed',
      onStore(open, async ({ writer, reader, lease, commit }) => {
        await commit(0, 1, change('a', 1, { name: 'Ana' }));
        await writer.raiseErasures(live, 2, lease);
        await writer.raiseErasures(live, 2, lease);
        expect(await recordOf(reader, live)).toMatchObject({ position: 1, erasures: 0 });
        const late = commit(1, 2, change('a', 2, { name: 'Eve' }));
        await expect(late).rejects.toThrow(ErasuresMoved);
        await expect(late).rejects.toMatchObject({ build: 'deals@1#1', expected: 0, actual: 2 });
        const early = { ...commitOf(lease, 1, 2), erasures: 3, rewrites: [rewrite('a', {})] };
        await expect(writer.commit([early])).rejects.toThrow(ErasuresMoved);
        await expect(writer.raiseErasures(live, 1, lease)).rejects.toThrow(ErasuresMoved);
        expect(await keys(reader, { search: 'ana' })).toEqual(['a']);
        await writer.commit([{ ...commitOf(lease, 1, 2, change('b', 2, {})), erasures: 2 }]);
        expect(await recordOf(reader, live)).toMatchObject({ position: 2, erasures: 2 });
        await writer.leases.release([lease]);
        await leaseOf(writer, 'next');
        await expect(writer.raiseErasures(live, 3, lease)).rejects.toThrow(LeaseLost);
        await expect(writer.commit([{ ...commitOf(lease, 2, 3), erasures: 2 }])).rejects.toThrow(LeaseLost);
      }),
    );

    test(
      'are refused as a whole when a version can not be stored',
      onStore(open, async ({ writer, reader, lease, commit }) => {
        await commit(0, 2, change('a', 1, { name: 'Ana' }), change('b', 2, { name: 'Bob' }));
        await writer.raiseErasures(live, 1, lease);
        const bad = rewrite('b', { 2: { amount: { amount: 2 ** 53, currency: 'EUR' } } });
        const refused = writer.commit([{ ...commitOf(lease, 2, 3), erasures: 1, rewrites: [rewrite('a', {}), bad] }]);
        await expect(refused).rejects.toMatchObject({ name: 'DocumentRefused', key: 'b', position: 2 });
        expect(await keys(reader)).toEqual(['a', 'b']);
      }),
    );

    test(
      'reach who listens, also when the checkpoint stays',
      onStore(open, async ({ writer, reader, lease, commit }) => {
        await commit(0, 1, change('a', 1, { name: 'Ana' }));
        let heard = false;
        const seen = async () => heard && (await keys(reader, { search: 'none' })).length === 1;
        await writer.raiseErasures(live, 1, lease);
        reader.onChange(() => (heard = true));
        await writer.commit([{ ...commitOf(lease, 1, 1), erasures: 1, rewrites: [rewrite('a', { 1: { name: 'none' } })] }]);
        await until(seen, (found) => found);
      }),
    );
  });
}
