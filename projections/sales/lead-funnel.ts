/** The lead funnel: how many leads of a month, origin and campaign reached each step. What is undone is subtracted. */
import { Decimal, Id, Int, Month, type Money, type Of } from '../../contracts/fields/index.js';
import { leadEvents, origin, type LeadSource } from '../../contracts/sales/lead.js';
import { opportunityEvents, type FromLead } from '../../contracts/sales/opportunity.js';
import { daysBetween, monthOf } from '../../src/kernel/calendar.js';
import { CompoundId, DistributionField, MoneyByCurrencyField } from '../../src/kernel/computed-fields.js';
import { emptyDistribution, record, unrecord } from '../../src/kernel/distribution.js';
import { add } from '../../src/kernel/money.js';
import { compoundKey, projectionOfMany, type Change } from '../../src/kernel/projection.js';
import { readModel } from '../../src/kernel/read-model.js';

/** The number of leads that reached each step. */
interface Counts {
  readonly registered: number;
  readonly qualified: number;
  readonly disqualified: number;
  readonly converted: number;
  readonly won: number;
}

const columns = {
  id: CompoundId.describe('The month, the origin and the campaign.'),
  month: Month.describe('The month (UTC) in which the leads were registered.'),
  origin: origin.origin.describe('Their origin; null if unknown.'),
  campaignId: Id.optional().describe('Their campaign.'),
  registered: Int(0).describe('The number of leads.'),
  qualified: Int(0).describe('The number qualified and not reopened since, including converted ones.'),
  disqualified: Int(0).describe('The number disqualified and not reopened since.'),
  converted: Int(0).describe('The number converted.'),
  won: Int(0).describe('The number whose opportunity is won.'),
  wonAmount: MoneyByCurrencyField.describe('The sum of the won amounts.'),
  daysToWon: DistributionField.describe('Days from registration to win, with fractions; negative if the win is dated earlier.'),
};

const model = readModel('leadFunnel', {
  version: 1,
  description: 'How many of the leads registered in a month, with one origin and campaign, reached each step.',
  entry: 'LeadFunnelEntry',
  columns,
  filter: ['month', 'origin', 'campaignId'],
  sort: ['month', 'origin'],
  dimension: ['month', 'origin', 'campaignId'],
  measure: ['registered', 'qualified', 'disqualified', 'converted', 'won', 'wonAmount', 'daysToWon'],
  computed: {
    conversionRate: {
      field: Decimal().describe('The share of registered leads that were converted, 0 to 1.'),
      of: ({ converted, registered }) => (registered > 0 ? converted / registered : null),
    },
    winRate: {
      field: Decimal().describe('The share of registered leads that were won, 0 to 1.'),
      of: ({ won, registered }) => (registered > 0 ? won / registered : null),
    },
  },
});

type Funnel = Of<typeof columns>;

export const leadFunnel = projectionOfMany(model, [...leadEvents, ...opportunityEvents], {
  LeadRegistered: ({ data, metadata }) => [
    step({ registeredAt: metadata.occurredAt, origin: data.origin, campaignId: data.campaignId }, { registered: 1 }),
  ],
  LeadQualified: ({ data }) => [step(data.source, { qualified: 1 })],
  LeadDisqualified: ({ data }) => [step(data.source, { disqualified: 1 })],
  LeadReopened: ({ data }) => [step(data.source, { [data.from]: -1 })],
  LeadConverted: ({ data }) => [step(data.source, { converted: 1 })],
  OpportunityWon: ({ data, metadata }) => win(data.lead, data.amount, metadata.occurredAt, 1),
  OpportunityReopened: ({ data: { was, lead } }) => (was.status === 'won' ? win(lead, was.amount, was.at, -1) : []),
});

function win(lead: FromLead | null, amount: Money, at: string, times: 1 | -1): Change<Funnel>[] {
  if (!lead) return [];
  const days = daysBetween(lead.source.registeredAt, at);
  return [
    step(lead.source, { won: times }, (funnel) => ({
      ...funnel,
      wonAmount: add(funnel.wonAmount, amount, times),
      daysToWon: times === 1 ? record(funnel.daysToWon, days) : unrecord(funnel.daysToWon, days),
    })),
  ];
}

/** Counts a step of a lead in the document of its month, origin and campaign. */
function step(
  { registeredAt, origin, campaignId }: LeadSource,
  steps: Partial<Counts>,
  further = (funnel: Funnel): Funnel => funnel,
): Change<Funnel> {
  const month = monthOf(registeredAt);
  const key = compoundKey(month, origin, campaignId);
  return {
    key,
    to: (before) => {
      const funnel = before ?? {
        id: key,
        month,
        origin,
        campaignId,
        registered: 0,
        qualified: 0,
        disqualified: 0,
        converted: 0,
        won: 0,
        wonAmount: {},
        daysToWon: emptyDistribution,
      };
      const counts = Object.entries(steps).map(([name, count]) => [name, funnel[name as keyof Counts] + count]);
      return further({ ...funnel, ...(Object.fromEntries(counts) as Partial<Counts>) });
    },
  };
}
