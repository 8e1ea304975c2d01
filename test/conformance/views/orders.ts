/** Lists have one order, and their pages cover every document once. */
import { describe, expect, test } from '@jest/globals';
import { BadCursor } from '../../../src/views/port/query-errors.js';
import type { Order } from '../../../src/views/port/query.js';
import { deals, is, items, keys, live, paged, tallies, type Deal } from './deals.js';
import type { Served } from '../../../src/views/port/builds.js';
import { onStore, type OpenStore } from './store.js';

const up = (column: string): Order => ({ column, descending: false });
const down = (column: string): Order => ({ column, descending: true });

/** Many ties, many nulls. */
const many: Readonly<Record<string, Deal>> = Object.fromEntries(
  Array.from({ length: 60 }, (_, index) => [
    `k${String(index).padStart(2, '0')}`,
    {
      name: ['Émile', 'emile', 'Zola', 'ábc'][index % 4]!,
      region: index % 3 === 0 ? null : `r${index % 5}`,
      score: index % 7 === 0 ? null : index % 4,
      amount: index % 5 === 0 ? null : { amount: (index * 37) % 11, currency: index % 2 ? 'EUR' : 'RON' },
      due: index % 4 === 0 ? null : `2026-01-${String(1 + (index % 3)).padStart(2, '0')}`,
    },
  ]),
);

const orders: readonly (readonly Order[])[] = [
  [],
  [up('name')],
  [down('name')],
  [up('score')],
  [down('score')],
  [down('amount')],
  [up('score'), down('amount')],
  [down('score'), up('due')],
  [down('region'), down('score'), up('amount')],
  [up('due'), up('region'), up('score')],
];

export function ordersAndPages(open: OpenStore): void {
  describe('order', () => {
    test(
      'text without case and accents, null before everything, ties by key the way of the last column',
      onStore(open, async ({ keep, reader }) => {
        await keep({
          a: { name: 'Zoe', region: null, score: 2 },
          b: { name: 'émile', region: 'x', score: null },
          c: { name: 'Emile', region: 'X', score: 10 },
          d: { name: '😀', region: null, score: -1 },
          e: { name: 'ﬀ', region: 'a', score: 2 },
        });
        expect(await keys(reader, { orderBy: [up('name')] })).toEqual(['b', 'c', 'e', 'a', 'd']);
        expect(await keys(reader, { orderBy: [down('name')] })).toEqual(['d', 'a', 'e', 'c', 'b']);
        expect(await keys(reader, { orderBy: [up('score')] })).toEqual(['b', 'd', 'a', 'e', 'c']);
        expect(await keys(reader, { orderBy: [down('score')] })).toEqual(['c', 'e', 'a', 'd', 'b']);
        expect(await keys(reader, { orderBy: [up('region'), down('score')] })).toEqual(['a', 'd', 'e', 'c', 'b']);
        expect(await keys(reader, { orderBy: [down('region'), up('score')] })).toEqual(['b', 'c', 'e', 'd', 'a']);
        expect(await keys(reader)).toEqual(['a', 'b', 'c', 'd', 'e']);
      }),
    );

    test(
      'a column that is not declared for it is refused by name',
      onStore(open, async ({ reader }) => {
        await expect(reader.list(live, { orderBy: [up('owner')], first: 1 })).rejects.toThrow(/deals\.owner/);
        await expect(reader.list(live, { orderBy: [up('nothing')], first: 1 })).rejects.toThrow(TypeError);
      }),
    );
  });

  describe('pages', () => {
    test(
      'cover a list once, in its order, whatever it is ordered by and however long they are',
      onStore(open, async ({ keep, reader }) => {
        const position = await keep(many);
        await keep({ k00: { score: 3 }, k59: null });
        for (const orderBy of orders) {
          for (const asOf of [undefined, position]) {
            const query = { orderBy, ...(asOf === undefined ? {} : { asOf }) };
            const whole = await keys(reader, query);
            expect(whole).toHaveLength(asOf === undefined ? 59 : 60);
            expect(await paged(reader, { ...query, first: 1 })).toEqual(whole);
            expect(await paged(reader, { ...query, first: 7 })).toEqual(whole);
          }
        }
        const where = is('score', 'gt', 0);
        const orderBy = [down('amount')];
        expect(await paged(reader, { where, orderBy, first: 4 })).toEqual(await keys(reader, { where, orderBy }));
      }),
    );

    test(
      'say whether there is a next one',
      onStore(open, async ({ keep, reader }) => {
        await keep({ a: {}, b: {}, c: {} });
        const next = async (first: number) => (await reader.list(live, { orderBy: [], first })).hasNext;
        expect(await Promise.all([1, 2, 3, 4].map(next))).toEqual([true, true, false, false]);
        const [, , last] = await items(reader);
        expect(await reader.list(live, { orderBy: [], first: 5, after: last!.cursor })).toEqual({ json: '[]', hasNext: false });
      }),
    );

    test(
      'cover what was there once while documents come and go',
      onStore(open, async ({ writer, keep, lease, reader }) => {
        for (const orderBy of orders) {
          await writer.reset(live, lease);
          await keep(many);
          let step = 0;
          const seen = await paged(reader, { orderBy, first: 7 }, async () => {
            step += 1;
            await keep({
              [`j${step}`]: { name: 'aaa', score: 0 },
              [`z${step}`]: { name: 'zzz', region: 'z', score: 9 },
              [`x${step}`]: {},
            });
            await keep({ [`x${step}`]: null });
          });
          expect(seen.filter((key) => key in many).sort()).toEqual(Object.keys(many));
          expect(new Set(seen).size).toBe(seen.length);
        }
      }),
    );

    test(
      'go on behind a document that is gone by then',
      onStore(open, async ({ keep, reader }) => {
        await keep({ a: { score: 1 }, b: { score: 2 }, c: { score: 3 } });
        const [, b] = await items(reader, { orderBy: [up('score')] });
        await keep({ b: null });
        expect(await keys(reader, { orderBy: [up('score')], after: b!.cursor })).toEqual(['c']);
      }),
    );

    test(
      'go on in another build of the read model, also of a later version',
      onStore(open, async ({ writer, reader, keep }) => {
        const orderBy = [up('score')];
        const documents = { a: { score: 1 }, b: { score: 2 }, c: { score: 3 } };
        await keep(documents);
        const [, b] = await items(reader, { orderBy });
        const next = await writer.begin({ ...deals, version: 2 });
        await keep(documents, next);
        const { json } = await reader.list(next, { orderBy, first: 5, after: b!.cursor });
        expect(JSON.parse(json)).toMatchObject([{ key: 'c' }]);
      }),
    );

    test(
      'refuse a cursor of another order or read model, and what is none',
      onStore(open, async ({ keep, reader }) => {
        await keep({ a: { score: 1 } });
        const orderBy = [up('score')];
        const [item] = await items(reader, { orderBy });
        const { cursor } = item!;
        const refused = async (build: Served, order: readonly Order[], after: string) =>
          expect(reader.list(build, { orderBy: order, first: 1, after })).rejects.toThrow(BadCursor);
        await refused(live, [down('score')], cursor);
        await refused(live, [], cursor);
        await refused(live, [up('score'), up('name')], cursor);
        await refused({ model: tallies, number: undefined }, [up('name')], cursor);
        const decoded = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as readonly unknown[];
        const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
        expect(await keys(reader, { orderBy, after: forged(decoded) })).toEqual([]);
        for (const wrong of [[...decoded, 1], decoded.slice(0, -1), [decoded[0], { $gt: '' }, 'a'], [decoded[0], 1, 2], {}, null, 5, 'x']) {
          await refused(live, orderBy, forged(wrong));
        }
        for (const wrong of ['', 'x', '💥', "' OR 1=1 --", `${cursor}x`.repeat(1_000)]) await refused(live, orderBy, wrong);
      }),
    );
  });
}
