/** The lead funnel: of the leads registered in a month from one origin and campaign, how many got how far. Whatever is undone is taken back. */
import type { LeadEvent, LeadSource } from '../../contracts/sales/lead.js';
import type { FromLead, OpportunityEvent } from '../../contracts/sales/opportunity.js';
import type { Money } from '../../contracts/values.js';
import { daysBetween, monthOf } from '../../src/kernel/calendar.js';
import { emptyDistribution, record, unrecord, type Distribution } from '../../src/kernel/distribution.js';
import { Decimal, DistributionField, Id, Int, Moneys, Month, Text } from '../../src/kernel/field-type.js';
import { add, type Moneys as Sums } from '../../src/kernel/money.js';
import { compoundKey, projectionOfMany, type Change, type Plain } from '../../src/kernel/projection.js';
import { Column, ReadModel } from '../../src/kernel/read-model.js';

/** How many leads stand at least so far. */
interface Counts {
  readonly registered: number;
  readonly qualified: number;
  readonly disqualified: number;
  readonly converted: number;
  readonly won: number;
}

@ReadModel('leadFunnel', {
  version: 1,
  derived: {
    conversionRate: {
      type: Decimal(),
      description: 'Converted leads as a share of those registered, 0 to 1.',
      of: ({ converted, registered }: Counts) => (registered > 0 ? converted / registered : null),
    },
    winRate: {
      type: Decimal(),
      description: 'Won leads as a share of those registered, 0 to 1.',
      of: ({ won, registered }: Counts) => (registered > 0 ? won / registered : null),
    },
  },
})
class FunnelDocument implements Counts {
  @Column(Id)
  readonly id!: string;

  @Column(Month, { filter: true, sort: true, dimension: true, description: 'The month (UTC) in which the leads were registered.' })
  readonly month!: string;

  @Column(Text(100), { optional: true, filter: true, sort: true, dimension: true, description: 'Null where none was given.' })
  readonly origin!: string | null;

  @Column(Id, { optional: true, filter: true, dimension: true })
  readonly campaignId!: string | null;

  @Column(Int(0), { measure: true })
  readonly registered!: number;

  @Column(Int(0), { measure: true, description: 'Those qualified and not reopened since, converted ones included.' })
  readonly qualified!: number;

  @Column(Int(0), { measure: true, description: 'Those given up and not reopened since.' })
  readonly disqualified!: number;

  @Column(Int(0), { measure: true })
  readonly converted!: number;

  @Column(Int(0), { measure: true, description: 'Those whose opportunity is won.' })
  readonly won!: number;

  @Column(Moneys, { measure: true, description: 'What the won opportunities amount to.' })
  readonly wonAmount!: Sums;

  @Column(DistributionField, {
    measure: true,
    description: 'Days from registration to win, with fractions; below zero where the win is recorded as the earlier.',
  })
  readonly daysToWon!: Distribution;
}

type Funnel = Plain<FunnelDocument>;

export const leadFunnel = projectionOfMany<FunnelDocument, LeadEvent | OpportunityEvent>(FunnelDocument, {
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

/** Counts a step of a lead, in the document of its month, origin and campaign. */
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
