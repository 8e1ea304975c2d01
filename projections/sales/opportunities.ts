/** Opportunities: one document each, as lists and the opportunity's page show it. */
import type { OpportunityEvent, StageReached } from '../../contracts/sales/opportunity.js';
import type { Money } from '../../contracts/values.js';
import { Choice, Day, Id, Instant, Int, MoneyField, Ref, Text } from '../../src/kernel/field-type.js';
import { share } from '../../src/kernel/money.js';
import type { Plain } from '../../src/kernel/projection.js';
import { Column, ReadModel } from '../../src/kernel/read-model.js';
import { RecordDocument, recordProjection } from '../../src/kernel/record-document.js';
import { revised } from '../../src/kernel/revision.js';

const OpportunityStatus = ['open', 'won', 'lost'] as const;

@ReadModel('opportunities', { version: 1, one: 'opportunity', record: 'opportunity' })
class OpportunityDocument extends RecordDocument {
  @Column(Text(200), { search: true, sort: true })
  readonly name!: string;

  @Column(Choice('OpportunityStatus', OpportunityStatus), { filter: true, dimension: true })
  readonly status!: (typeof OpportunityStatus)[number];

  @Column(Ref('account'), { filter: true })
  readonly accountId!: string;

  @Column(Ref('contact'), { optional: true, filter: true })
  readonly contactId!: string | null;

  @Column(Ref('pipeline'), { filter: true, dimension: true })
  readonly pipelineId!: string;

  @Column(Int(1), { description: 'The version of the pipeline that it was last moved in.' })
  readonly pipelineVersion!: number;

  @Column(Text(100), { filter: true, dimension: true, description: 'Where it stands, or stood when it was closed.' })
  readonly stageName!: string;

  @Column(Int(0), { description: 'The place of its stage in the pipeline, from 0.' })
  readonly stagePosition!: number;

  @Column(Instant, { description: 'When it came to its stage.' })
  readonly enteredAt!: string;

  @Column(Int(0, 100), { description: 'Of a win, in percent: that of its stage, 100 when won, 0 when lost.' })
  readonly probability!: number;

  @Column(MoneyField, { filter: true, sort: true, measure: true })
  readonly amount!: Money;

  @Column(MoneyField, { measure: true, description: 'The amount times the probability.' })
  readonly weightedAmount!: Money;

  @Column(Day, { optional: true, filter: true, sort: true })
  readonly expectedClose!: string | null;

  @Column(Int(0), { measure: true, description: 'How often it went back to an earlier stage.' })
  readonly movesBack!: number;

  @Column(Id, { optional: true, filter: true })
  readonly campaignId!: string | null;

  @Column(Ref('lead'), { optional: true, filter: true, description: 'The lead that it came from.' })
  readonly leadId!: string | null;

  @Column(Text(100), { optional: true, dimension: true, description: 'The origin of that lead.' })
  readonly origin!: string | null;

  @Column(Instant, { optional: true, filter: true, description: 'When it was won or lost.' })
  readonly closedAt!: string | null;

  @Column(Day, { optional: true, description: 'The day of the agreement.' })
  readonly wonOn!: string | null;

  @Column(Text(100), { optional: true, dimension: true })
  readonly lossReason!: string | null;

  @Column(Text(2000), { optional: true, description: 'What was noted when it was won or lost.' })
  readonly closingNote!: string | null;

  @Column(Text(5000), { optional: true, search: true })
  readonly note!: string | null;
}

export const opportunities = recordProjection<OpportunityDocument, OpportunityEvent>(OpportunityDocument, {
  OpportunityOpened: (_, { data, metadata }) => ({
    owner: data.owner,
    name: data.name,
    status: 'open',
    accountId: data.accountId,
    contactId: data.contactId,
    pipelineId: data.pipelineId,
    ...stood(data, metadata.occurredAt),
    amount: data.amount,
    weightedAmount: share(data.amount, data.stage.probability),
    expectedClose: data.expectedClose,
    movesBack: 0,
    campaignId: data.campaignId,
    leadId: data.lead?.id ?? null,
    origin: data.lead?.source.origin ?? null,
    ...unclosed,
    note: data.note,
  }),
  OpportunityRevised: (opportunity, { data: { standing: _, ...changes } }) => weighted(revised(opportunity, changes)),
  OpportunityAssigned: (opportunity, { data }) => ({ ...opportunity, owner: data.owner }),
  OpportunityAdvanced: (opportunity, { data, metadata }) =>
    weighted({
      ...opportunity,
      ...stood(data, metadata.occurredAt),
      movesBack: opportunity.movesBack + (data.direction === 'back' ? 1 : 0),
    }),
  OpportunityWon: (opportunity, { data, metadata }) =>
    weighted({
      ...opportunity,
      status: 'won',
      probability: 100,
      amount: data.amount,
      closedAt: metadata.occurredAt,
      wonOn: data.wonOn,
      closingNote: data.note,
    }),
  OpportunityLost: (opportunity, { data, metadata }) =>
    weighted({
      ...opportunity,
      status: 'lost',
      probability: 0,
      closedAt: metadata.occurredAt,
      lossReason: data.reason,
      closingNote: data.note,
    }),
  OpportunityReopened: (opportunity, { data, metadata }) =>
    weighted({ ...opportunity, status: 'open', ...stood(data, metadata.occurredAt), ...unclosed }),
});

const unclosed = { closedAt: null, wonOn: null, lossReason: null, closingNote: null } as const;

/** The columns that tell where it stands. */
function stood({ stage, pipelineVersion }: { readonly stage: StageReached; readonly pipelineVersion: number }, enteredAt: string) {
  return { pipelineVersion, stageName: stage.name, stagePosition: stage.position, enteredAt, probability: stage.probability };
}

function weighted(opportunity: Plain<OpportunityDocument>): Plain<OpportunityDocument> {
  return { ...opportunity, weightedAmount: share(opportunity.amount, opportunity.probability) };
}
