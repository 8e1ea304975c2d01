/** What each condition finds, on each kind of column, null included. */
import { describe, expect, test } from '@jest/globals';
import type { Scalar, Where } from '../../../src/views/port/query.js';
import { is, keys, live, type Deal } from './deals.js';
import { onStore, type OpenStore, type Sides } from './store.js';

const documents: Readonly<Record<string, Deal>> = {
  a: {
    name: 'Ábel',
    stage: 'open',
    owner: 'ana',
    region: 'Țara',
    email: 'A.B@x.ro',
    urgent: true,
    score: -1,
    ratio: 0.5,
    amount: eur(100),
    due: '2026-01-02',
    openedAt: at(1),
  },
  b: {
    name: 'abel',
    stage: 'won',
    owner: 'bob',
    region: 'tara',
    email: 'a.b@x.ro',
    urgent: false,
    score: 0,
    ratio: 1.5,
    amount: eur(200),
    due: '2026-01-03',
    openedAt: at(2),
  },
  c: {
    name: 'Zoé',
    stage: 'lost',
    owner: 'Ana',
    region: '50%_',
    email: 'c@x.ro',
    urgent: true,
    score: 7,
    ratio: -2,
    amount: { amount: 150, currency: 'RON' },
    due: '2026-02-01',
    openedAt: at(3),
  },
  n: { name: '', stage: 'open', owner: 'bob', region: null, urgent: null, score: null, ratio: null, amount: null, due: null },
};

function eur(amount: number) {
  return { amount, currency: 'EUR' };
}

function at(second: number): string {
  return `2026-01-01T00:00:0${second}.000Z`;
}

type Row = readonly [column: string, op: Extract<Where, { kind: 'is' }>['op'], value: Scalar, found: string];

const comparisons: readonly Row[] = [
  ['name', 'eq', 'abel', 'b'],
  ['name', 'eq', 'ABEL', ''],
  ['name', 'eq', '', 'n'],
  ['name', 'ne', 'abel', 'acn'],
  ['name', 'agree', 'ÁBEL', 'ab'],
  ['name', 'startsWith', 'Áb', 'ab'],
  ['name', 'startsWith', '', 'abcn'],
  ['name', 'contains', 'BÉ', 'ab'],
  ['name', 'lt', 'B', 'abn'],
  ['name', 'gte', 'áBEL', 'abc'],
  ['name', 'gt', 'Abel', 'c'],
  ['name', 'lte', 'ábel', 'abn'],
  ['region', 'eq', null, 'n'],
  ['region', 'ne', null, 'abc'],
  ['region', 'ne', 'tara', 'acn'],
  ['region', 'agree', 'ȚARA', 'ab'],
  ['region', 'startsWith', 'T', 'ab'],
  ['region', 'contains', '%', 'c'],
  ['region', 'contains', '0%_', 'c'],
  ['region', 'startsWith', '%', ''],
  ['region', 'contains', '', 'abc'],
  ['region', 'startsWith', '', 'abc'],
  ['region', 'lt', null, ''],
  ['region', 'contains', null, ''],
  ['region', 'lt', 'z', 'abc'],
  ['email', 'agree', 'A.b@X.ro', 'ab'],
  ['stage', 'eq', 'open', 'an'],
  ['stage', 'ne', 'open', 'bc'],
  ['stage', 'gt', 'lost', 'abn'],
  ['stage', 'contains', 'O', 'abcn'],
  ['owner', 'eq', 'ana', 'a'],
  ['owner', 'agree', 'ANA', 'ac'],
  ['owner', 'startsWith', 'AN', 'ac'],
  ['urgent', 'eq', true, 'ac'],
  ['urgent', 'ne', true, 'bn'],
  ['urgent', 'eq', null, 'n'],
  ['score', 'eq', 0, 'b'],
  ['score', 'lt', 0, 'a'],
  ['score', 'lte', 0, 'ab'],
  ['score', 'gt', -1, 'bc'],
  ['score', 'ne', 7, 'abn'],
  ['score', 'gte', 0.5, 'c'],
  ['ratio', 'gt', 0.5, 'b'],
  ['ratio', 'lt', 0.5, 'c'],
  ['ratio', 'eq', -2, 'c'],
  ['amount', 'gt', 100, 'bc'],
  ['amount', 'lte', 150, 'ac'],
  ['amount', 'eq', null, 'n'],
  ['due', 'gte', '2026-01-03', 'bc'],
  ['due', 'startsWith', '2026-01', 'ab'],
  ['due', 'ne', '2026-01-02', 'bcn'],
  ['openedAt', 'lt', at(2), 'a'],
  ['openedAt', 'eq', null, 'n'],
];

const compounds: readonly (readonly [what: string, where: Where, found: string])[] = [
  ['in', { kind: 'in', column: 'name', values: ['abel', 'Zoé', 'zoe'] }, 'bc'],
  ['in nothing', { kind: 'in', column: 'name', values: [] }, ''],
  ['in with null', { kind: 'in', column: 'score', values: [7, null] }, 'cn'],
  ['in flags', { kind: 'in', column: 'urgent', values: [true, false] }, 'abc'],
  ['in choices', { kind: 'in', column: 'stage', values: ['won', 'lost', 'open'] }, 'abcn'],
  ['not in', { kind: 'notIn', column: 'region', values: ['tara'] }, 'acn'],
  ['not in with null', { kind: 'notIn', column: 'region', values: ['tara', null] }, 'ac'],
  ['not in nothing', { kind: 'notIn', column: 'score', values: [] }, 'abcn'],
  ['and', { kind: 'and', of: [is('stage', 'eq', 'open'), is('score', 'lt', 5)] }, 'a'],
  ['and of nothing', { kind: 'and', of: [] }, 'abcn'],
  ['or', { kind: 'or', of: [is('stage', 'eq', 'won'), is('score', 'eq', null)] }, 'bn'],
  ['or of nothing', { kind: 'or', of: [] }, ''],
  ['not of a comparison that null fails', { kind: 'not', of: is('score', 'gt', 0) }, 'abn'],
  ['not of not', { kind: 'not', of: { kind: 'not', of: is('score', 'gt', 0) } }, 'c'],
  ['not of or', { kind: 'not', of: { kind: 'or', of: [is('score', 'gt', 0), is('region', 'startsWith', 't')] } }, 'n'],
  [
    'nested',
    {
      kind: 'and',
      of: [
        { kind: 'or', of: [is('owner', 'eq', 'ana'), is('owner', 'eq', 'bob')] },
        { kind: 'not', of: is('urgent', 'eq', null) },
      ],
    },
    'ab',
  ],
];

export function filters(open: OpenStore): void {
  const filled = (work: (sides: Sides) => Promise<void>) =>
    onStore(open, async (sides) => {
      await sides.keep(documents);
      await work(sides);
    });

  describe('filters', () => {
    test(
      'each comparison finds its documents, on every kind of column',
      filled(async ({ reader }) => {
        const found = await Promise.all(
          comparisons.map(async ([column, op, value]) => [
            column,
            op,
            value,
            (await keys(reader, { where: is(column, op, value) })).join(''),
          ]),
        );
        expect(found).toEqual(comparisons);
      }),
    );

    test(
      'lists of values, and, or and not find theirs; count agrees',
      filled(async ({ reader }) => {
        const found = await Promise.all(compounds.map(async ([what, where]) => [what, (await keys(reader, { where })).join('')]));
        expect(found).toEqual(compounds.map(([what, , expected]) => [what, expected]));
        const counts = await Promise.all(compounds.map(([, where]) => reader.count(live, { where })));
        expect(counts).toEqual(compounds.map(([, , expected]) => expected.length));
      }),
    );

    test(
      'a thousand alternatives and a list of ten thousand values are taken',
      filled(async ({ reader }) => {
        const of = Array.from({ length: 1_000 }, (_, index) => is('score', 'eq', index + 7));
        expect(await keys(reader, { where: { kind: 'or', of } })).toEqual(['c']);
        const values = Array.from({ length: 10_000 }, (_, index) => `name ${index}`);
        expect(await keys(reader, { where: { kind: 'in', column: 'name', values: [...values, 'abel'] } })).toEqual(['b']);
      }),
    );

    test(
      'a column that is not declared for it, or a value of another type, is refused by name',
      filled(async ({ reader }) => {
        const refused = async (where: Where) => expect(reader.count(live, { where })).rejects.toThrow(TypeError);
        await refused(is('tags', 'contains', 'x'));
        await refused(is('nothing', 'eq', 'x'));
        await refused(is('score', 'eq', '7'));
        await refused(is('name', 'eq', 7));
        await refused(is('score', 'contains', '7'));
        await refused({ kind: 'in', column: 'urgent', values: ['true'] });
        await expect(reader.count(live, { where: is('paid', 'eq', 1) })).rejects.toThrow(/deals\.paid/);
      }),
    );
  });
}
