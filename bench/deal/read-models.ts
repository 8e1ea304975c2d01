/** The read models of deals: one with a document for each deal and its stage history, one with totals by month and owner. */
import { deal, dealEvents } from './contract.js';
import { Choice, Id, Instant, Int, List, Month, Nested, pick, User, type Of } from '../../contracts/fields/index.js';
import { MoneyByCurrencyField } from '../../src/kernel/computed-fields.js';
import { add } from '../../src/kernel/money.js';
import { compoundKey, projection, projectionOfMany, type Change, type Projection } from '../../src/kernel/projection.js';
import { readModel } from '../../src/kernel/read-model.js';

const Visit = Nested('Visit', 'A stage that a deal came to.', { stage: deal.stage, since: Instant });

const dealColumns = {
  id: Id,
  ...pick(deal, 'name', 'ownerId', 'stage', 'amount'),
  status: Choice('DealStatus', 'Whether a deal is open, and how it ended.', ['open', 'won', 'lost']),
  calls: Int(0),
  changedAt: Instant,
  stages: List(Visit, 100),
};
export type DealDoc = Of<typeof dealColumns>;

const dealModel = readModel('deals', {
  version: 1,
  description: 'A deal.',
  columns: dealColumns,
  filter: ['stage'],
  sort: ['amount'],
  dimension: ['stage'],
});

export const deals = projection(dealModel, dealEvents, {
  key: ({ stream }) => stream.id,
  on: {
    DealOpened: (_, { stream, data: { name, ownerId, stage, amount }, metadata: { occurredAt } }): DealDoc => ({
      id: stream.id,
      name,
      ownerId,
      status: 'open',
      stage,
      amount,
      calls: 0,
      changedAt: occurredAt,
      stages: [{ stage, since: occurredAt }],
    }),
    DealStageChanged: (deal, { data, metadata: { occurredAt } }) => ({
      ...deal,
      stage: data.to,
      changedAt: occurredAt,
      stages: [...deal.stages, { stage: data.to, since: occurredAt }],
    }),
    DealCallLogged: (deal, { metadata }) => ({ ...deal, calls: deal.calls + 1, changedAt: metadata.occurredAt }),
    DealWon: (deal, { metadata }): DealDoc => ({ ...deal, status: 'won', changedAt: metadata.occurredAt }),
    DealLost: (deal, { metadata }): DealDoc => ({ ...deal, status: 'lost', changedAt: metadata.occurredAt }),
  },
});

const monthColumns = {
  id: Id,
  month: Month,
  ownerId: User,
  won: Int(0),
  lost: Int(0),
  wonAmount: MoneyByCurrencyField,
  lostAmount: MoneyByCurrencyField,
};
export type MonthDoc = Of<typeof monthColumns>;

const monthModel = readModel('dealMonths', {
  version: 1,
  description: 'What one owner won and lost in a month.',
  columns: monthColumns,
  filter: ['month', 'ownerId'],
  dimension: ['month', 'ownerId'],
  measure: ['won', 'lost', 'wonAmount', 'lostAmount'],
});

export const dealMonths = projectionOfMany(monthModel, dealEvents, {
  DealWon: ({ data: { ownerId, amount }, metadata }) => [
    counted(metadata.occurredAt, ownerId, (month) => ({ ...month, won: month.won + 1, wonAmount: add(month.wonAmount, amount) })),
  ],
  DealLost: ({ data: { ownerId, amount }, metadata }) => [
    counted(metadata.occurredAt, ownerId, (month) => ({ ...month, lost: month.lost + 1, lostAmount: add(month.lostAmount, amount) })),
  ],
});

/** The empty document of a month and an owner. */
export function emptyMonth(month: string, ownerId: string): MonthDoc {
  return { id: compoundKey(month, ownerId), month, ownerId, won: 0, lost: 0, wonAmount: {}, lostAmount: {} };
}

function counted(at: string, ownerId: string, to: (month: MonthDoc) => MonthDoc): Change<MonthDoc> {
  const empty = emptyMonth(at.slice(0, 7), ownerId);
  return { key: empty.id, to: (before) => to(before ?? empty) };
}

const kept = [deals, dealMonths];
const current = kept.map((projection) => ({ ...projection, model: { ...projection.model, history: false } }));

/** The sets of read models that are built together: both with history, both without, and five of each. */
export const projectionSets = {
  kept,
  current,
  ten: [1, 2, 3, 4, 5].flatMap((number) =>
    current.map((projection) => ({ ...projection, model: { ...projection.model, name: `${projection.model.name}${number}` } })),
  ),
} as const satisfies Readonly<Record<string, readonly Projection[]>>;

export type ProjectionSet = keyof typeof projectionSets;
