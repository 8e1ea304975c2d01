/** Any history of changes, read as of any of its positions, against the plainest reading of it. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import type { DocumentChange } from '../../../src/views/port/commits.js';
import type { Order, Scalar, Where } from '../../../src/views/port/query.js';
import { change, commitOf, keys, live, paged } from './deals.js';
import { documentsAsOf, listed } from './naive.js';
import { onStore, type OpenStore } from './store.js';

const names = ['Ábel', 'abel', 'ABC', 'Zoe', 'Țara de Sus', '😀 x', 'ﬀ', ''] as const;
const name = fc.constantFrom(...names);
const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
const score = fc.integer({ min: -2, max: 3 });
const due = fc.constantFrom('2026-01-01', '2026-01-02', '2026-02-01');

const deal = fc.record({
  name,
  stage: fc.constantFrom('open', 'won', 'lost'),
  region: orNull(name),
  urgent: orNull(fc.boolean()),
  score: orNull(score),
  amount: orNull(fc.record({ amount: score, currency: fc.constantFrom('EUR', 'RON') })),
  due: orNull(due),
});

const all = ['a', 'b', 'c', 'd', 'e', 'f'];

const step = fc.record({
  key: fc.constantFrom(...all),
  deal: fc.option(deal, { nil: null, freq: 5 }),
  gap: fc.integer({ min: 0, max: 3 }),
  endsBatch: fc.boolean(),
  /** The documents that lose their names and regions when the batch ends. */
  erases: fc.oneof({ arbitrary: fc.constant<string[]>([]), weight: 4 }, { arbitrary: fc.subarray(all), weight: 1 }),
});

function erased({ document, ...at }: DocumentChange): DocumentChange {
  return { ...at, document: document && { ...document, name: 'none', region: null } };
}

/** The changes of one document without those that change nothing. */
function withoutRepeats(changes: readonly DocumentChange[]): readonly DocumentChange[] {
  return changes.filter(({ document }, index) => !isDeepStrictEqual(document, changes[index - 1]?.document ?? null));
}

const compared = (column: string, values: fc.Arbitrary<Scalar>, ...ops: readonly Extract<Where, { kind: 'is' }>['op'][]) =>
  fc.oneof(
    fc.record({ kind: fc.constant('is' as const), column: fc.constant(column), op: fc.constantFrom(...ops), value: orNull(values) }),
    fc.record({
      kind: fc.constantFrom('in' as const, 'notIn' as const),
      column: fc.constant(column),
      values: fc.array(orNull(values), { maxLength: 3 }),
    }),
  );

const { where } = fc.letrec<{ where: Where }>((tie) => ({
  where: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    compared('name', name, 'eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'startsWith', 'contains', 'agree'),
    compared('region', name, 'eq', 'ne', 'lt', 'gte', 'startsWith', 'contains', 'agree'),
    compared('stage', fc.constantFrom('open', 'won'), 'eq', 'ne', 'gt', 'startsWith'),
    compared('urgent', fc.boolean(), 'eq', 'ne'),
    compared('score', score, 'eq', 'ne', 'lt', 'lte', 'gt', 'gte'),
    compared('amount', score, 'eq', 'lt', 'gte'),
    fc.record({ kind: fc.constant('currency' as const), column: fc.constant('amount'), currency: fc.constantFrom('EUR', 'RON') }),
    compared('due', due, 'eq', 'ne', 'lt', 'gte'),
    fc.record({ kind: fc.constant('key' as const), keys: fc.subarray(['a', 'b', 'c', 'd', 'e', 'f', 'nobody']) }),
    fc.record({ kind: fc.constant('not' as const), of: tie('where') }),
    fc.record({ kind: fc.constantFrom('and' as const, 'or' as const), of: fc.array(tie('where'), { maxLength: 3 }) }),
  ),
}));

const orderBy: fc.Arbitrary<readonly Order[]> = fc.uniqueArray(
  fc.record({ column: fc.constantFrom('name', 'stage', 'region', 'score', 'amount', 'due'), descending: fc.boolean() }),
  { maxLength: 3, selector: ({ column }) => column },
);

const query = fc.record({
  where: fc.option(where, { nil: undefined }),
  search: fc.option(fc.constantFrom('a', 'abe', 'x', 'tara su', 'f'), { nil: undefined, freq: 4 }),
  orderBy,
  first: fc.integer({ min: 1, max: 4 }),
  at: fc.double({ min: 0, max: 1.1, noNaN: true }),
});

export function anyHistory(open: OpenStore, numRuns: number): void {
  describe('any history', () => {
    test(
      'is read as of any position as a plain reading of its changes says',
      onStore(open, async ({ writer, lease, reader }) => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(step, { minLength: 1, maxLength: 40 }),
            fc.array(query, { minLength: 1, maxLength: 12 }),
            fc.nat({ max: 40 }),
            async (steps, queries, completeAt) => {
              await writer.reset(live, lease);
              let history: readonly DocumentChange[] = [];
              let erasures = 0;
              let batch: DocumentChange[] = [];
              let from = 0;
              let position = 0;
              for (const [index, { key, deal: became, gap, endsBatch, erases }] of steps.entries()) {
                if (index === completeAt) await writer.finalize(live, lease);
                position += gap + 1;
                batch.push(change(key, position, became));
                if (!endsBatch) continue;
                const of = (changes: readonly DocumentChange[], each: string) => changes.filter((other) => other.key === each);
                const rewrites = erases.map((each) => ({
                  key: each,
                  versions: withoutRepeats(of(history, each).map(erased)),
                  deadLetters: [],
                }));
                const others = (changes: readonly DocumentChange[]) => changes.filter((other) => !erases.includes(other.key));
                const changes = [...others(batch), ...erases.flatMap((each) => of(batch, each).map(erased))];
                if (erases.length > 0) await writer.raiseErasures(live, (erasures += 1), lease);
                await writer.commit([{ ...commitOf(lease, from, position, ...changes), erasures, rewrites }]);
                history = [...others(history), ...rewrites.flatMap(({ versions }) => versions), ...changes];
                [batch, from] = [[], position];
              }
              for (const { where: filter, search, orderBy: order, first, at } of queries) {
                const selection = { ...(filter ? { where: filter } : {}), ...(search === undefined ? {} : { search }) };
                const asOf = Math.floor(at * from);
                for (const moment of [{}, { asOf }]) {
                  const then = documentsAsOf(history, 'asOf' in moment ? asOf : Infinity);
                  const expected = listed(then, selection, order);
                  expect(await keys(reader, { ...selection, ...moment, orderBy: order })).toEqual(expected);
                  expect(await paged(reader, { ...selection, ...moment, orderBy: order, first })).toEqual(expected);
                  expect(await reader.count(live, { ...selection, ...moment })).toBe(expected.length);
                  expect(await reader.get(live, all, ...('asOf' in moment ? [asOf] : []))).toEqual(all.map((key) => then.get(key) ?? null));
                }
              }
            },
          ),
          { numRuns },
        );
      }),
    );
  });
}
