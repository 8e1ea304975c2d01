/** Summaries count and add up what a list would hold. */
import { describe, expect, test } from '@jest/globals';
import { record, emptyDistribution, quantile, type Distribution } from '../../../src/kernel/distribution.js';
import type { SummaryGroup } from '../../../src/views/port/query.js';
import { deals, is, live, type Deal } from './deals.js';
import { onStore, type OpenStore } from './store.js';

const spread = (...values: readonly number[]): Distribution => values.reduce(record, emptyDistribution);
const eur = (amount: number) => ({ amount, currency: 'EUR' });
const ron = (amount: number) => ({ amount, currency: 'RON' });

const documents = {
  a: {
    stage: 'won',
    owner: 'ana',
    region: 'N',
    urgent: true,
    score: 5,
    ratio: 0.5,
    amount: eur(100),
    paid: { EUR: 10, RON: 1 },
    days: spread(1, 2),
  },
  b: {
    stage: 'won',
    owner: 'ana',
    region: null,
    urgent: false,
    score: 7,
    ratio: 0.25,
    amount: ron(300),
    paid: { EUR: 20 },
    days: spread(9),
  },
  c: { stage: 'won', owner: 'bob', region: 'N', urgent: null, score: null, ratio: null, amount: eur(50), paid: null, days: null },
  d: { stage: 'lost', owner: 'ana', region: 'n', urgent: true, score: 1, ratio: 2, amount: null, paid: { EUR: -30 }, days: spread(4) },
} satisfies Readonly<Record<string, Deal>>;

const inOrder = (groups: readonly SummaryGroup[]) => [...groups].sort((a, b) => (JSON.stringify(a.by) < JSON.stringify(b.by) ? -1 : 1));

export function summaries(open: OpenStore): void {
  describe('summaries', () => {
    test(
      'cut days and instants by bounds, now and as of a position',
      onStore(open, async ({ keep, commit, reader }) => {
        const position = await keep({
          a: { due: '2026-01-31', openedAt: '2026-01-31T22:00:00.000Z', score: 1, days: spread(1) },
          b: { due: '2026-02-01', openedAt: '2026-01-31T21:59:59.999Z', score: 2, days: spread(2) },
          c: { due: '2025-12-31', openedAt: '2026-03-01T00:00:00.000Z', score: 4, days: null },
          d: { due: null, openedAt: null, score: 8, days: null },
        });
        const cuts = { due: ['2026-01-01', '2026-02-01'], openedAt: ['2026-01-31T22:00:00.000Z'] };
        const counts = async (asOf?: number) => {
          const asked = { groupBy: ['due', 'openedAt'], measures: ['score', 'days'], cuts, ...(asOf === undefined ? {} : { asOf }) };
          const groups = await reader.summarise(live, asked);
          return groups.map(({ by, measures }) => [by['due'], by['openedAt'], measures['score']]).sort();
        };
        const before = [
          [0, 1, 4],
          [1, 1, 1],
          [2, 0, 2],
          [null, null, 8],
        ].sort();
        expect(await counts()).toEqual(before);
        await commit(position, position + 1, { key: 'c', position: position + 1, document: null });
        expect(await counts(position)).toEqual(before);
        expect(await counts()).toEqual(before.filter(([due]) => due !== 0));
        await expect(reader.summarise(live, { groupBy: ['name'], measures: [], cuts: { name: ['a'] } })).rejects.toThrow(TypeError);
      }),
    );

    test(
      'group, count and add up; money by currency, sketches merged, null where there was nothing to sum',
      onStore(open, async ({ keep, reader }) => {
        await keep(documents);
        const measures = ['score', 'ratio', 'amount', 'paid', 'days'];
        expect(inOrder(await reader.summarise(live, { groupBy: ['stage', 'owner'], measures }))).toEqual([
          {
            by: { stage: 'lost', owner: 'ana' },
            count: 1,
            measures: { score: 1, ratio: 2, amount: {}, paid: { EUR: -30 }, days: spread(4) },
          },
          {
            by: { stage: 'won', owner: 'ana' },
            count: 2,
            measures: { score: 12, ratio: 0.75, amount: { EUR: 100, RON: 300 }, paid: { EUR: 30, RON: 1 }, days: spread(1, 2, 9) },
          },
          {
            by: { stage: 'won', owner: 'bob' },
            count: 1,
            measures: { score: null, ratio: null, amount: { EUR: 50 }, paid: {}, days: emptyDistribution },
          },
        ]);
      }),
    );

    test(
      'group by what stands there: text as it is written, flags, null',
      onStore(open, async ({ keep, reader }) => {
        await keep(documents);
        const groups = async (column: string) =>
          new Map((await reader.summarise(live, { groupBy: [column], measures: [] })).map(({ by, count }) => [by[column], count]));
        expect(await groups('region')).toEqual(
          new Map<unknown, number>([
            ['N', 2],
            [null, 1],
            ['n', 1],
          ]),
        );
        expect(await groups('urgent')).toEqual(
          new Map<unknown, number>([
            [true, 2],
            [false, 1],
            [null, 1],
          ]),
        );
      }),
    );

    test(
      'grouped by nothing are one group, also of no documents',
      onStore(open, async ({ keep, reader }) => {
        const summary = async () => reader.summarise(live, { groupBy: [], measures: ['score', 'amount', 'days'] });
        const none = [{ by: {}, count: 0, measures: { score: null, amount: {}, days: emptyDistribution } }];
        expect(await summary()).toEqual(none);
        expect(
          await reader.summarise(
            { model: { ...deals, version: 9 }, number: undefined },
            { groupBy: [], measures: ['score', 'amount', 'days'] },
          ),
        ).toEqual(none);
        await keep(documents);
        expect(await summary()).toEqual([
          { by: {}, count: 4, measures: { score: 13, amount: { EUR: 150, RON: 300 }, days: spread(1, 2, 4, 9) } },
        ]);
      }),
    );

    test(
      'keep to filter, search and moment',
      onStore(open, async ({ keep, reader }) => {
        const then = await keep(documents);
        await keep({ a: { ...documents.a, amount: eur(1_000), days: spread(100) }, b: null });
        const query = { groupBy: ['stage'], measures: ['amount', 'days', 'paid'], where: is('stage', 'eq', 'won'), search: 'a' };
        expect(await reader.summarise(live, { ...query, asOf: then })).toEqual([
          { by: { stage: 'won' }, count: 1, measures: { amount: { EUR: 100 }, days: spread(1, 2), paid: { EUR: 10, RON: 1 } } },
        ]);
        expect(await reader.summarise(live, query)).toEqual([
          { by: { stage: 'won' }, count: 1, measures: { amount: { EUR: 1_000 }, days: spread(100), paid: { EUR: 10, RON: 1 } } },
        ]);
        expect(await reader.summarise(live, { ...query, search: 'nobody' })).toEqual([]);
      }),
    );

    test(
      'merge sketches without losing what is exact',
      onStore(open, async ({ keep, reader }) => {
        const values = Array.from({ length: 400 }, (_, index) => index);
        await keep({ a: { days: spread(...values.slice(0, 200)) }, b: { days: spread(...values.slice(200)) } });
        const [group] = await reader.summarise(live, { groupBy: [], measures: ['days'] });
        expect(quantile(group!.measures.days as Distribution, 0.5)).toBe(200);
      }),
    );

    test(
      'refuse a sum that is not exact, and go on after it',
      onStore(open, async ({ keep, reader }) => {
        const most = eur(Number.MAX_SAFE_INTEGER);
        await keep({ a: { amount: most }, b: { amount: eur(1) } });
        await expect(reader.summarise(live, { groupBy: [], measures: ['amount'] })).rejects.toThrow(RangeError);
        await keep(Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`k${index}`, { amount: most }])));
        await expect(reader.summarise(live, { groupBy: [], measures: ['amount'] })).rejects.toThrow(/2\^53 - 1/);
        expect(await reader.count(live, {})).toBe(2_002);
      }),
    );

    test(
      'refuse columns that are not declared for it, by name',
      onStore(open, async ({ reader }) => {
        await expect(reader.summarise(live, { groupBy: ['name'], measures: [] })).rejects.toThrow(/deals\.name/);
        await expect(reader.summarise(live, { groupBy: [], measures: ['owner'] })).rejects.toThrow(/deals\.owner/);
      }),
    );
  });
}
