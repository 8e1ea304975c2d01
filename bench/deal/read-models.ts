/** What is read of deals: one document each with its stage history, and one for each month and owner with what was won and lost. */
import type { DealEvent } from './contract.js';
import type { Money } from '../../contracts/values.js';
import { Choice, Id, Instant, Int, List, MoneyField, Moneys, Month, Nested, Text, User } from '../../src/kernel/field-type.js';
import { add, type Moneys as Sums } from '../../src/kernel/money.js';
import { compoundKey, projection, projectionOfMany, type Change, type Plain, type Projection } from '../../src/kernel/projection.js';
import { Column, ReadModel } from '../../src/kernel/read-model.js';

class Visit {
  @Column(Text(100))
  readonly stage!: string;

  @Column(Instant)
  readonly since!: string;
}

@ReadModel('deals', { version: 1 })
class DealDocument {
  @Column(Id)
  readonly id!: string;

  @Column(Text(200))
  readonly name!: string;

  @Column(User)
  readonly owner!: string;

  @Column(Choice('DealStatus', ['open', 'won', 'lost']))
  readonly status!: 'open' | 'won' | 'lost';

  @Column(Text(100), { filter: true, dimension: true })
  readonly stage!: string;

  @Column(MoneyField, { sort: true })
  readonly amount!: Money;

  @Column(Int(0))
  readonly calls!: number;

  @Column(Instant)
  readonly changedAt!: string;

  @Column(
    List(
      Nested(() => Visit),
      100,
    ),
  )
  readonly stages!: readonly Plain<Visit>[];
}

export type DealDoc = Plain<DealDocument>;

export const deals = projection<DealDocument, DealEvent>(DealDocument, {
  key: ({ stream }) => stream.id,
  on: {
    DealOpened: (_, { stream, data, metadata: { occurredAt } }) => ({
      id: stream.id,
      name: data.name,
      owner: data.owner,
      status: 'open',
      stage: data.stage,
      amount: data.amount,
      calls: 0,
      changedAt: occurredAt,
      stages: [{ stage: data.stage, since: occurredAt }],
    }),
    DealStageChanged: (deal, { data, metadata: { occurredAt } }) => ({
      ...deal,
      stage: data.to,
      changedAt: occurredAt,
      stages: [...deal.stages, { stage: data.to, since: occurredAt }],
    }),
    DealCallLogged: (deal, { metadata }) => ({ ...deal, calls: deal.calls + 1, changedAt: metadata.occurredAt }),
    DealWon: (deal, { metadata }) => ({ ...deal, status: 'won', changedAt: metadata.occurredAt }),
    DealLost: (deal, { metadata }) => ({ ...deal, status: 'lost', changedAt: metadata.occurredAt }),
  },
});

@ReadModel('dealMonths', { version: 1 })
class MonthDocument {
  @Column(Id)
  readonly id!: string;

  @Column(Month, { filter: true, dimension: true })
  readonly month!: string;

  @Column(User, { filter: true, dimension: true })
  readonly owner!: string;

  @Column(Int(0), { measure: true })
  readonly won!: number;

  @Column(Int(0), { measure: true })
  readonly lost!: number;

  @Column(Moneys, { measure: true })
  readonly wonAmount!: Sums;

  @Column(Moneys, { measure: true })
  readonly lostAmount!: Sums;
}

export type MonthDoc = Plain<MonthDocument>;

export const dealMonths = projectionOfMany<MonthDocument, DealEvent>(MonthDocument, {
  DealWon: ({ data: { owner, amount }, metadata }) => [
    counted(metadata.occurredAt, owner, (month) => ({ ...month, won: month.won + 1, wonAmount: add(month.wonAmount, amount) })),
  ],
  DealLost: ({ data: { owner, amount }, metadata }) => [
    counted(metadata.occurredAt, owner, (month) => ({ ...month, lost: month.lost + 1, lostAmount: add(month.lostAmount, amount) })),
  ],
});

/** The key of a month's document of one owner. */
export const monthKey = (month: string, owner: string): string => compoundKey(month, owner);

function counted(at: string, owner: string, to: (month: MonthDoc) => MonthDoc): Change<MonthDoc> {
  const month = at.slice(0, 7);
  const id = monthKey(month, owner);
  return { key: id, to: (before) => to(before ?? { id, month, owner, won: 0, lost: 0, wonAmount: {}, lostAmount: {} }) };
}

const kept = [deals, dealMonths];
const current = kept.map((projection) => ({ ...projection, model: { ...projection.model, history: false } }));

/** What is built at once: both read models with kept versions, both without, and five of each of these. */
export const projectionSets = {
  kept,
  current,
  ten: [1, 2, 3, 4, 5].flatMap((number) =>
    current.map((projection) => ({ ...projection, model: { ...projection.model, name: `${projection.model.name}${number}` } })),
  ),
} as const satisfies Readonly<Record<string, readonly Projection[]>>;

export type ProjectionSet = keyof typeof projectionSets;
