/** Sales key figures: one document for each month, owner at that time, and pipeline. What is undone is subtracted in the original month. */
import { Decimal, Int, List, Month, Nested, Ref, User, type Of } from '../../contracts/fields/index.js';
import { LossReason } from '../../contracts/sales/pipeline.js';
import { opportunityEvents, type Standing } from '../../contracts/sales/opportunity.js';
import { daysBetween, monthOf } from '../../src/kernel/calendar.js';
import { CompoundId, DistributionField, MoneyByCurrencyField } from '../../src/kernel/computed-fields.js';
import { emptyDistribution, record, unrecord } from '../../src/kernel/distribution.js';
import { add } from '../../src/kernel/money.js';
import { compoundKey, projectionOfMany, type Change } from '../../src/kernel/projection.js';
import { readModel } from '../../src/kernel/read-model.js';

const losses = {
  reason: LossReason.describe('One of the reasons of the pipeline, or "other".'),
  count: Int(1).describe('The number of opportunities.'),
};
type Losses = Of<typeof losses>;

const columns = {
  id: CompoundId.describe('The month, the owner and the pipeline.'),
  month: Month.describe('The month (UTC) in which it happened.'),
  ownerId: User.describe('The owner of the opportunity at that time.'),
  pipelineId: Ref('pipeline').describe('The pipeline.'),
  opened: Int(0).describe('The number of opportunities opened.'),
  won: Int(0).describe('The number of opportunities won.'),
  lost: Int(0).describe('The number of opportunities lost.'),
  openedAmount: MoneyByCurrencyField.describe('The sum of the amounts at opening.'),
  wonAmount: MoneyByCurrencyField.describe('The sum of the agreed amounts.'),
  lostAmount: MoneyByCurrencyField.describe('The sum of the lost amounts.'),
  cycleDays: DistributionField.describe('Days from opening to win, with fractions.'),
  lossReasons: List(Nested('Losses', 'The number of opportunities lost for a reason.', losses), 1000).describe(
    'The lost opportunities by reason.',
  ),
};

const model = readModel('salesKpis', {
  version: 1,
  description: 'Key figures of a month, an owner at that time, and a pipeline.',
  entry: 'SalesKpi',
  columns,
  filter: ['month', 'ownerId', 'pipelineId'],
  sort: ['month', 'ownerId'],
  dimension: ['month', 'ownerId', 'pipelineId'],
  measure: ['opened', 'won', 'lost', 'openedAmount', 'wonAmount', 'lostAmount', 'cycleDays'],
  computed: {
    winRate: {
      field: Decimal().describe('The share of closed opportunities that were won, 0 to 1.'),
      of: ({ won, lost }) => (won + lost > 0 ? won / (won + lost) : null),
    },
  },
});

type Kpi = Of<typeof columns>;

export const salesKpis = projectionOfMany(model, opportunityEvents, {
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
      lossReasons: lossesAfter(kpi.lossReasons, data.reason, 1),
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
            lossReasons: lossesAfter(kpi.lossReasons, was.reason ?? '', -1),
          },
    ),
  ],
});

function counted(at: string, { ownerId, pipelineId }: Pick<Standing, 'ownerId' | 'pipelineId'>, to: (kpi: Kpi) => Kpi) {
  const month = monthOf(at);
  const key = compoundKey(month, ownerId, pipelineId);
  const change: Change<Kpi> = {
    key,
    to: (before) =>
      to(
        before ?? {
          id: key,
          month,
          ownerId,
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

/** The losses with a reason counted or removed, in order of the reasons. */
function lossesAfter(before: readonly Losses[], reason: string, times: 1 | -1): readonly Losses[] {
  const count = (before.find((one) => one.reason === reason)?.count ?? 0) + times;
  return [...before.filter((one) => one.reason !== reason), { reason, count }]
    .filter((one) => one.count > 0)
    .sort((a, b) => (a.reason < b.reason ? -1 : 1));
}
