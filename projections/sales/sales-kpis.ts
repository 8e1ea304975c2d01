/** Sales key figures: one document for each month of what happened, owner at that time, and pipeline. Whatever is undone is taken back there. */
import type { OpportunityEvent, Standing } from '../../contracts/sales/opportunity.js';
import { daysBetween, monthOf } from '../../src/kernel/calendar.js';
import { emptyDistribution, record, unrecord, type Distribution } from '../../src/kernel/distribution.js';
import { Decimal, DistributionField, Id, Int, List, Moneys, Month, Nested, Ref, Text, User } from '../../src/kernel/field-type.js';
import { add, type Moneys as Sums } from '../../src/kernel/money.js';
import { compoundKey, projectionOfMany, type Change, type Plain } from '../../src/kernel/projection.js';
import { Column, ReadModel } from '../../src/kernel/read-model.js';

/** How many were lost for a reason. */
class Losses {
  @Column(Text(100))
  readonly reason!: string;

  @Column(Int(1))
  readonly count!: number;
}

@ReadModel('salesKpis', {
  version: 1,
  derived: {
    winRate: {
      type: Decimal(),
      description: 'Those won as a share of those won or lost, 0 to 1.',
      of: ({ won, lost }: { readonly won: number; readonly lost: number }) => (won + lost > 0 ? won / (won + lost) : null),
    },
  },
})
class KpiDocument {
  @Column(Id)
  readonly id!: string;

  @Column(Month, { filter: true, sort: true, dimension: true, description: 'The month (UTC) in which it happened.' })
  readonly month!: string;

  @Column(User, { filter: true, sort: true, dimension: true, description: 'Who owned the opportunity then.' })
  readonly owner!: string;

  @Column(Ref('pipeline'), { filter: true, dimension: true })
  readonly pipelineId!: string;

  @Column(Int(0), { measure: true })
  readonly opened!: number;

  @Column(Int(0), { measure: true })
  readonly won!: number;

  @Column(Int(0), { measure: true })
  readonly lost!: number;

  @Column(Moneys, { measure: true, description: 'The amounts with which they were opened.' })
  readonly openedAmount!: Sums;

  @Column(Moneys, { measure: true })
  readonly wonAmount!: Sums;

  @Column(Moneys, { measure: true })
  readonly lostAmount!: Sums;

  @Column(DistributionField, { measure: true, description: 'Days from opening to win, with fractions.' })
  readonly cycleDays!: Distribution;

  @Column(
    List(
      Nested(() => Losses),
      1000,
    ),
    { description: 'Why they were lost.' },
  )
  readonly lossReasons!: readonly Plain<Losses>[];
}

type Kpi = Plain<KpiDocument>;

export const salesKpis = projectionOfMany<KpiDocument, OpportunityEvent>(KpiDocument, {
  OpportunityOpened: ({ data, metadata }) => [
    counted(metadata.occurredAt, data, (kpi) => ({ ...kpi, opened: kpi.opened + 1, openedAmount: add(kpi.openedAmount, data.amount) })),
  ],
  OpportunityWon: ({ data, metadata: { occurredAt } }) => [
    counted(occurredAt, data.standing, (kpi) => ({
      ...kpi,
      won: kpi.won + 1,
      wonAmount: add(kpi.wonAmount, data.amount),
      cycleDays: record(kpi.cycleDays, daysBetween(data.openedAt, occurredAt)),
    })),
  ],
  OpportunityLost: ({ data, metadata }) => [
    counted(metadata.occurredAt, data.standing, (kpi) => ({
      ...kpi,
      lost: kpi.lost + 1,
      lostAmount: add(kpi.lostAmount, data.standing.amount),
      lossReasons: losses(kpi.lossReasons, data.reason, 1),
    })),
  ],
  OpportunityReopened: ({ data: { was, standing, openedAt } }) => [
    counted(was.at, standing, (kpi) =>
      was.status === 'won'
        ? {
            ...kpi,
            won: kpi.won - 1,
            wonAmount: add(kpi.wonAmount, was.amount, -1),
            cycleDays: unrecord(kpi.cycleDays, daysBetween(openedAt, was.at)),
          }
        : {
            ...kpi,
            lost: kpi.lost - 1,
            lostAmount: add(kpi.lostAmount, was.amount, -1),
            lossReasons: losses(kpi.lossReasons, was.reason ?? '', -1),
          },
    ),
  ],
});

function counted(at: string, { owner, pipelineId }: Pick<Standing, 'owner' | 'pipelineId'>, to: (kpi: Kpi) => Kpi) {
  const month = monthOf(at);
  const key = compoundKey(month, owner, pipelineId);
  const change: Change<Kpi> = {
    key,
    to: (before) =>
      to(
        before ?? {
          id: key,
          month,
          owner,
          pipelineId,
          opened: 0,
          won: 0,
          lost: 0,
          openedAmount: {},
          wonAmount: {},
          lostAmount: {},
          cycleDays: emptyDistribution,
          lossReasons: [],
        },
      ),
  };
  return change;
}

/** The losses with one more, or one less, for a reason; in the order of the reasons' names. */
function losses(before: readonly Plain<Losses>[], reason: string, times: 1 | -1): Plain<Losses>[] {
  const count = (before.find((one) => one.reason === reason)?.count ?? 0) + times;
  return [...before.filter((one) => one.reason !== reason), { reason, count }]
    .filter((one) => one.count > 0)
    .sort((a, b) => (a.reason < b.reason ? -1 : 1));
}
