/** A scan tells a build document by document with all that is kept of each, and a selection may be of given keys. */
import { describe, expect, test } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import type { Where } from '../../../src/views/port/query.js';
import { gathered } from '../../support/log/gathered.js';
import { change, commitOf, is, keys, live, tallies, withKey } from './deals.js';
import { onStore, type ByHand, type OpenStore } from './store.js';

export function scans(open: OpenStore): void {
  describe('a scan', () => {
    test(
      'gives every kept version with the positions that it was true for, removed documents too, in the order of keys',
      onStore(open, async ({ commit, lease, writer, reader }) => {
        await commit(0, 6, change('b', 1, { score: 1 }), change('a', 2, { score: 2 }), change('b', 4, { score: 4 }), change('a', 5, null));
        await commit(6, 9, change('b', 7, { score: 7 }), change('c', 8, null), change('a', 9, { score: 9 }));
        const told = async () =>
          (await gathered(reader.scan(live))).map(({ key, versions, damage }) => ({
            key,
            damage,
            versions: versions.map(({ since, until, document }) => [since, until, document.score]),
          }));
        const expected = [
          {
            key: 'a',
            damage: undefined,
            versions: [
              [2, 5, 2],
              [9, null, 9],
            ],
          },
          {
            key: 'b',
            damage: undefined,
            versions: [
              [1, 4, 1],
              [4, 7, 4],
              [7, null, 7],
            ],
          },
        ];
        expect(await told()).toEqual(expected);
        await writer.finalize(live, lease);
        expect(await told()).toEqual(expected);
        await commit(9, 10, change('a', 10, null));
        expect((await told())[0]).toMatchObject({
          versions: [
            [2, 5, 2],
            [9, 10, 9],
          ],
        });
        const [a, b] = await gathered(reader.scan(live));
        expect(await reader.histories(live, ['b', 'nobody', 'a'])).toEqual([b, { key: 'nobody', versions: [] }, a]);
      }),
    );

    test(
      'covers every key once, whatever the size of its parts',
      onStore(open, async ({ keep, reader }) => {
        const all = Array.from({ length: 25 }, (_, index) => `k${String(index).padStart(2, '0')}`);
        await keep(Object.fromEntries(all.map((key) => [key, {}])));
        await keep({ k03: null, k07: { score: 1 }, k24: null });
        for (const part of [1, 4, 25, 500]) {
          expect((await gathered(reader.scan(live, part))).map(({ key }) => key)).toEqual(all);
        }
      }),
    );

    test(
      'without kept versions gives current documents alone',
      onStore(open, async ({ writer, lease, reader }) => {
        const build = await writer.begin(tallies);
        const tally = (position: number, total: number) => ({ key: 't', position, document: { name: 't', total } });
        await writer.commit([{ ...commitOf(lease, 0, 2, tally(1, 1), tally(2, 2)), build }]);
        expect(await gathered(reader.scan(build))).toEqual([
          { key: 't', versions: [{ since: 2, until: null, document: { name: 't', total: 2 } }] },
        ]);
      }),
    );

    test(
      'finds nothing wrong with what the store wrote itself, whatever it holds',
      onStore(open, async ({ keep, writer, lease, reader }) => {
        const documents = {
          a: {
            name: 'Ștefan ﬀ 😀',
            region: '',
            urgent: false,
            score: -1,
            ratio: 0.1,
            amount: { amount: 5, currency: 'EUR' },
            tags: ['x y', 'é'],
          },
          b: { name: '', region: null, urgent: null, score: null, ratio: 3, amount: null, due: '2026-01-01', tags: [] },
        };
        await keep(documents);
        await writer.finalize(live, lease);
        await keep({ a: { ...documents.a, name: 'Other' }, b: { ...documents.b, ratio: -0 } });
        const found = await gathered(reader.scan(live));
        expect(found.map(({ versions }) => versions.length)).toEqual([2, 2]);
        expect(found.map(({ damage }) => damage)).toEqual([undefined, undefined]);
      }),
    );
  });

  describe('a scan of a store that somebody changed by hand tells', () => {
    test.each<[what: string, work: (byHand: ByHand) => Promise<void>, keys: readonly string[]]>([
      [
        'a document of a position that is still to come',
        (byHand) => byHand.copy({ key: 'a', since: 3, until: null }, { key: 'planted', since: 99, until: null }),
        ['planted'],
      ],
      [
        'a superseded version of a key that never was',
        (byHand) => byHand.copy({ key: 'a', since: 1, until: 3 }, { key: 'ghost', since: 1, until: 3 }),
        ['ghost'],
      ],
      [
        'a superseded version that is none, for it began with the current one',
        (byHand) => byHand.copy({ key: 'a', since: 1, until: 3 }, { key: 'a', since: 3, until: 99 }),
        ['a'],
      ],
      [
        'a superseded version under another key',
        (byHand) => byHand.move({ key: 'a', since: 1, until: 3 }, { key: 'ghost', since: 1, until: 3 }),
        ['a', 'ghost'],
      ],
      [
        'a version of a removed document under the key of another one',
        (byHand) => byHand.move({ key: 'c', since: 4, until: 5 }, { key: 'b', since: 4, until: 5 }),
        ['b', 'c'],
      ],
      [
        'a superseded version of other positions',
        (byHand) => byHand.move({ key: 'a', since: 1, until: 3 }, { key: 'a', since: 2, until: 3 }),
        ['a'],
      ],
      ['a word that the document has not', (byHand) => byHand.addWord('b', 'ghost'), ['b']],
    ])('%s', async (_, work, expected) => {
      await onStore(open, async ({ commit, lease, writer, reader, store }) => {
        await commit(0, 3, change('a', 1, { score: 1 }), change('b', 2, { score: 1 }), change('a', 3, { score: 2 }));
        await commit(3, 6, change('c', 4, {}), change('c', 5, null), change('b', 6, { score: 2 }));
        await writer.finalize(live, lease);
        const told = async () => new Map((await gathered(reader.scan(live, 2))).map((history) => [history.key, history]));
        const before = await told();
        await work(store.byHand);
        const after = await told();
        const keysOfBoth = [...new Set([...before.keys(), ...after.keys()])];
        expect(keysOfBoth.filter((key) => !isDeepStrictEqual(before.get(key), after.get(key))).sort()).toEqual(expected);
        expect([...after.keys()]).toEqual([...after.keys()].sort());
      })();
    });

    test(
      'what a list or a search would show',
      onStore(open, async ({ keep, lease, writer, reader, store: { byHand } }) => {
        await keep({ a: { score: 1 } });
        await keep({ a: { score: 2 } });
        await writer.finalize(live, lease);
        await byHand.copy({ key: 'a', since: 1, until: 2 }, { key: 'ghost', since: 1, until: 2 });
        await byHand.addWord('a', 'ghostly');
        expect(await keys(reader, { asOf: 1 })).toEqual(['a', 'ghost']);
        expect(await keys(reader, { search: 'ghostly' })).toEqual(['a']);
        const [a, ghost] = await gathered(reader.scan(live));
        expect(ghost).toMatchObject({ key: 'ghost', versions: [{ since: 1, until: 2 }] });
        expect(a).toMatchObject({ key: 'a', damage: expect.stringContaining('words') });
      }),
    );
  });

  describe('a selection of keys', () => {
    test(
      'is cut from these documents alone, now and as of a position, with filter, search, order and count',
      onStore(open, async ({ keep, reader }) => {
        const then = await keep({ a: { score: 3, name: 'one' }, b: { score: 2, name: 'two' }, c: { score: 1, name: 'one more' } });
        await keep({ a: { score: 0, name: 'none' }, c: null, d: { score: 9, name: 'one' } });
        const orderBy = [{ column: 'score', descending: false }];
        const wanted = ['c', 'a', 'nobody', 'd'];
        expect(await keys(reader, { where: withKey(...wanted), orderBy })).toEqual(['a', 'd']);
        expect(await keys(reader, { where: withKey(...wanted), orderBy, asOf: then })).toEqual(['c', 'a']);
        expect(await keys(reader, { where: withKey(...wanted), orderBy, first: 1, asOf: then })).toEqual(['c']);
        expect(await keys(reader, { where: { kind: 'and', of: [withKey(...wanted), is('score', 'gt', 1)] } })).toEqual(['d']);
        expect(await keys(reader, { where: withKey(...wanted), search: 'on', asOf: then })).toEqual(['a', 'c']);
        expect(await keys(reader, { where: withKey() })).toEqual([]);
        const others: Where = { kind: 'not', of: withKey('a', 'nobody') };
        expect(await keys(reader, { where: others })).toEqual(['b', 'd']);
        expect(await keys(reader, { where: others, asOf: then })).toEqual(['b', 'c']);
        const either: Where = { kind: 'or', of: [withKey('c'), is('name', 'eq', 'two')] };
        expect(await keys(reader, { where: either })).toEqual(['b']);
        expect(await keys(reader, { where: either, asOf: then, search: 'o' })).toEqual(['c']);
        expect(await reader.count(live, { where: either, asOf: then })).toBe(2);
        expect(await reader.count(live, { where: withKey(...wanted) })).toBe(2);
        expect(await reader.count(live, { where: withKey(...wanted), asOf: then })).toBe(2);
        const many = Array.from({ length: 5_000 }, (_, index) => `x${index}`);
        expect(await reader.count(live, { where: withKey(...many, 'b') })).toBe(1);
        expect(await reader.summarise(live, { where: withKey('b', 'd'), groupBy: [], measures: ['score'] })).toMatchObject([
          { count: 2, measures: { score: 11 } },
        ]);
      }),
    );
  });
}
