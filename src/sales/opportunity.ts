/** Opportunity: a possible sale on its way through a pipeline. What may happen while it is open. */
import {
  OpportunityAdvanced,
  OpportunityAssigned,
  OpportunityOpened,
  OpportunityRevised,
  type FromLead,
  type OpportunityEvent,
  type Standing,
} from '../../contracts/sales/opportunity.js';
import type { Money } from '../../contracts/values.js';
import { aggregate, reference, type Reference } from '../kernel/aggregate.js';
import { Command, Creating, Existing, type Facts } from '../kernel/command.js';
import { Field } from '../kernel/field.js';
import { Day, Id, MoneyField, Ref, Text, User } from '../kernel/field-type.js';
import { Rejection } from '../kernel/rejection.js';
import { changesOf, revised } from '../kernel/revision.js';
import { checkAmount } from './amount.js';
import { lead, type Lead } from './lead.js';
import { firstStage, pipeline, refuseRetired, stageNamed, type Pipeline } from './pipeline.js';

/** How an opportunity ended, kept until it is reopened. */
interface Closing {
  readonly status: 'won' | 'lost';
  readonly at: string;
  readonly amount: Money;
  readonly reason: string | null;
}

export interface Opportunity extends Standing {
  readonly status: 'open' | 'won' | 'lost';
  readonly name: string;
  readonly accountId: string;
  readonly contactId: string | null;
  readonly campaignId: string | null;
  readonly note: string | null;
  readonly openedAt: string;
  readonly lead: FromLead | null;
  readonly closing: Closing | null;
}

export const opportunity = aggregate<Opportunity, OpportunityEvent>('opportunity', {
  initial: {
    status: 'open',
    name: '',
    accountId: '',
    contactId: null,
    campaignId: null,
    note: null,
    openedAt: '',
    lead: null,
    closing: null,
    pipelineId: '',
    pipelineVersion: 0,
    stage: { name: '', probability: 0, position: 0 },
    enteredAt: '',
    owner: '',
    amount: { amount: 0, currency: '' },
    expectedClose: null,
  },
  evolve: {
    OpportunityOpened: (_, { data, metadata }) => ({
      ...data,
      status: 'open',
      openedAt: metadata.occurredAt,
      enteredAt: metadata.occurredAt,
      closing: null,
    }),
    OpportunityRevised: (opportunity, { data: { standing: _, ...changes } }) => revised(opportunity, changes),
    OpportunityAssigned: (opportunity, { data }) => ({ ...opportunity, owner: data.owner }),
    OpportunityAdvanced: (opportunity, { data, metadata }) => ({
      ...opportunity,
      stage: data.stage,
      pipelineVersion: data.pipelineVersion,
      enteredAt: metadata.occurredAt,
    }),
    OpportunityWon: (opportunity, { data, metadata }) => ({
      ...opportunity,
      status: 'won',
      amount: data.amount,
      closing: { status: 'won', at: metadata.occurredAt, amount: data.amount, reason: null },
    }),
    OpportunityLost: (opportunity, { data, metadata }) => ({
      ...opportunity,
      status: 'lost',
      closing: { status: 'lost', at: metadata.occurredAt, amount: data.standing.amount, reason: data.reason },
    }),
    OpportunityReopened: (opportunity, { data, metadata }) => ({
      ...opportunity,
      status: 'open',
      stage: data.stage,
      pipelineVersion: data.pipelineVersion,
      enteredAt: metadata.occurredAt,
      closing: null,
    }),
  },
});

/** Begins the pursuit of a sale, in the first stage of a pipeline or in another that is named. */
@Command(opportunity, { may: ['sales'], looksAt: [pipeline, lead] })
export class OpenOpportunity extends Creating {
  @Field(Text(200))
  readonly name!: string;

  @Field(Ref('account'))
  readonly accountId!: string;

  @Field(Ref('contact'), { optional: true, description: 'The person to talk to.' })
  readonly contactId?: string;

  @Field(Ref('pipeline'))
  readonly pipelineId!: string;

  @Field(Text(100), { optional: true, description: "The pipeline's first stage when absent." })
  readonly stage?: string;

  @Field(MoneyField, { description: "0 or more, in the pipeline's currency." })
  readonly amount!: Money;

  @Field(Day, { optional: true })
  readonly expectedClose?: string;

  @Field(Ref('lead'), { optional: true, description: 'The converted lead that it came from; its win counts for that lead.' })
  readonly leadId?: string;

  @Field(Id, { optional: true, description: "The campaign that it came from; the lead's when absent." })
  readonly campaignId?: string;

  @Field(Text(5000), { optional: true })
  readonly note?: string;

  @Field(User, { optional: true, description: 'Whoever asks, when absent.' })
  readonly owner?: string;

  override reads(): Readonly<Record<string, Reference<unknown>>> {
    return {
      pipeline: reference(pipeline, this.pipelineId, 'pipelineId'),
      ...(this.leadId === undefined ? {} : { lead: reference(lead, this.leadId, 'leadId') }),
    };
  }

  decide(_: Opportunity, facts: Facts & { readonly pipeline: Pipeline; readonly lead?: Lead }): OpportunityEvent[] {
    refuseRetired(facts.pipeline, 'pipelineId');
    checkAmount(this.amount, facts.pipeline.currency, 'amount');
    const from = this.leadId === undefined || !facts.lead ? null : fromLead(this.leadId, facts.lead, facts.id);
    return [
      OpportunityOpened({
        name: this.name,
        accountId: this.accountId,
        contactId: this.contactId ?? null,
        pipelineId: this.pipelineId,
        pipelineVersion: facts.pipeline.version,
        stage: this.stage === undefined ? firstStage(facts.pipeline) : stageNamed(facts.pipeline, this.stage, 'stage'),
        amount: this.amount,
        expectedClose: this.expectedClose ?? null,
        campaignId: this.campaignId ?? from?.source.campaignId ?? null,
        note: this.note ?? null,
        owner: this.owner ?? facts.actor,
        lead: from,
      }),
    ];
  }
}

/** Corrects or completes what is known about an open opportunity. */
@Command(opportunity, { may: ['sales'] })
export class ReviseOpportunity extends Existing {
  @Field(Text(200), { optional: true })
  readonly name?: string;

  @Field(Ref('account'), { optional: true })
  readonly accountId?: string;

  @Field(Ref('contact'), { optional: true, clearable: true })
  readonly contactId?: string | null;

  @Field(MoneyField, { optional: true, description: "0 or more, in the pipeline's currency." })
  readonly amount?: Money;

  @Field(Day, { optional: true, clearable: true })
  readonly expectedClose?: string | null;

  @Field(Id, { optional: true, clearable: true })
  readonly campaignId?: string | null;

  @Field(Text(5000), { optional: true, clearable: true })
  readonly note?: string | null;

  decide(opportunity: Opportunity): OpportunityEvent[] {
    refuseClosed(opportunity);
    if (this.amount) checkAmount(this.amount, opportunity.amount.currency, 'amount');
    const changes = changesOf(opportunity, this, ['name', 'accountId', 'contactId', 'amount', 'expectedClose', 'campaignId', 'note']);
    return changes ? [OpportunityRevised({ ...changes, standing: standing(opportunity) })] : [];
  }
}

/** Gives an open opportunity to another owner. */
@Command(opportunity, { may: ['sales', 'manager'] })
export class AssignOpportunity extends Existing {
  @Field(User)
  readonly owner!: string;

  decide(opportunity: Opportunity): OpportunityEvent[] {
    refuseClosed(opportunity);
    return this.owner === opportunity.owner ? [] : [OpportunityAssigned({ owner: this.owner, standing: standing(opportunity) })];
  }
}

/** Moves an open opportunity to another stage of its pipeline, onwards or back. It then follows the pipeline's newest version. */
@Command(opportunity, { may: ['sales'], looksAt: [pipeline] })
export class AdvanceOpportunity extends Existing {
  @Field(Text(100), { description: 'A stage of the pipeline as it is now.' })
  readonly stage!: string;

  override reads(opportunity: Opportunity): { readonly pipeline: Reference<Pipeline> } {
    return { pipeline: reference(pipeline, opportunity.pipelineId, 'id') };
  }

  decide(opportunity: Opportunity, facts: Facts & { readonly pipeline: Pipeline }): OpportunityEvent[] {
    refuseClosed(opportunity);
    return moved(opportunity, facts.pipeline, this.stage);
  }
}

/** The move to a stage of the pipeline as it is now; none when the opportunity stands there. @throws Rejection when there is no such stage. */
export function moved(opportunity: Opportunity, pipeline: Pipeline, to: string): OpportunityEvent[] {
  const { stages, version } = pipeline;
  const stage = stageNamed(pipeline, to, 'stage');
  const before = stages.findIndex(({ name }) => name === opportunity.stage.name);
  const steps = stage.position - (before < 0 ? opportunity.stage.position : before);
  if (steps === 0 && opportunity.pipelineVersion === version) return [];
  return [
    OpportunityAdvanced({
      stage,
      pipelineVersion: version,
      direction: steps > 0 ? 'forward' : steps < 0 ? 'back' : 'across',
      skipped: Math.max(steps - 1, 0),
      standing: standing(opportunity),
    }),
  ];
}

/** What an event tells of how the opportunity stood before it. */
export function standing({ pipelineId, pipelineVersion, stage, enteredAt, owner, amount, expectedClose }: Standing): Standing {
  return { pipelineId, pipelineVersion, stage, enteredAt, owner, amount, expectedClose };
}

/** @throws Rejection when the opportunity is won or lost. */
export function refuseClosed(opportunity: Opportunity): void {
  if (opportunity.status !== 'open') {
    throw new Rejection('OPPORTUNITY_CLOSED', `The opportunity is ${opportunity.status}. Reopen it first.`);
  }
}

/** One lead counts for one opportunity, or a funnel would have more wins than leads. */
function fromLead(id: string, lead: Lead, opportunityId: string): FromLead {
  if (lead.status !== 'converted') {
    throw new Rejection('LEAD_NOT_CONVERTED', `A lead that is ${lead.status} has no opportunity yet. Convert it first.`, 'leadId');
  }
  if (lead.opportunityId !== null && lead.opportunityId !== opportunityId) {
    throw new Rejection('LEAD_HAS_OPPORTUNITY', 'The conversion of this lead opened an opportunity. Leave leadId out here.', 'leadId');
  }
  return { id, source: lead.source };
}
