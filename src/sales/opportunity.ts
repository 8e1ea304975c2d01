/** Opportunity: a possible sale that moves through a pipeline. The commands on open ones. */
import { ErasureGround } from '../../contracts/erasure.js';
import { changes, Ref, Text, User } from '../../contracts/fields/index.js';
import type { Lead } from '../../contracts/sales/lead.js';
import {
  opportunity as fields,
  OpportunityAdvanced,
  OpportunityAssigned,
  opportunityEvents,
  OpportunityOpened,
  OpportunityRevised,
  OpportunityTextErased,
  type FromLead,
  type Opportunity,
  type Standing,
} from '../../contracts/sales/opportunity.js';
import type { Pipeline } from '../../contracts/sales/pipeline.js';
import { optional } from '../kernel/command.js';
import { erased } from '../kernel/erasure.js';
import { recordType } from '../kernel/record-type.js';
import { rejection } from './rejections.js';
import { changesOf, revised } from '../kernel/revision.js';
import { checkAmount } from './amount.js';
import { lead, sourceOf } from './lead.js';
import { firstStage, pipeline, refuseRetired, stageNamed } from './pipeline.js';

const open = { status: 'open', closedAt: null, wonOn: null, lossReason: null, closingNote: null } as const;

export const opportunity = recordType<Opportunity>()('opportunity', opportunityEvents, {
  begins: {
    OpportunityOpened: ({ data, metadata: { occurredAt } }) => ({
      ...data,
      ...open,
      openedAt: occurredAt,
      enteredAt: occurredAt,
      movesBack: 0,
    }),
  },
  evolves: {
    OpportunityRevised: (opportunity, { data: { standing: _, ...changed } }) => revised(opportunity, changed),
    OpportunityAssigned: (opportunity, { data }) => ({ ...opportunity, ownerId: data.ownerId }),
    OpportunityAdvanced: (opportunity, { data: { stage, pipelineVersion, direction }, metadata }) => ({
      ...opportunity,
      stage,
      pipelineVersion,
      enteredAt: metadata.occurredAt,
      movesBack: opportunity.movesBack + (direction === 'back' ? 1 : 0),
    }),
    OpportunityWon: (opportunity, { data, metadata }) => ({
      ...opportunity,
      status: 'won',
      amount: data.amount,
      closedAt: metadata.occurredAt,
      wonOn: data.wonOn,
      closingNote: data.note,
    }),
    OpportunityLost: (opportunity, { data, metadata }) => ({
      ...opportunity,
      status: 'lost',
      closedAt: metadata.occurredAt,
      lossReason: data.reason,
      closingNote: data.note,
    }),
    OpportunityReopened: (opportunity, { data: { stage, pipelineVersion }, metadata }) => ({
      ...opportunity,
      ...open,
      stage,
      pipelineVersion,
      enteredAt: metadata.occurredAt,
    }),
    OpportunityTextErased: (opportunity) => ({ ...erased(fields, opportunity), closingNote: null }),
  },
});

export const OpenOpportunity = opportunity.creates('OpenOpportunity', {
  description: 'Opens an opportunity, in the first stage of a pipeline or in a given one.',
  input: {
    ...fields,
    pipelineId: Ref('pipeline').describe('The pipeline.'),
    stage: Text(100).optional().describe("Defaults to the pipeline's first stage."),
    leadId: Ref('lead').optional().describe('The converted lead that it came from. A win counts for that lead.'),
    ownerId: User.optional().describe('Defaults to the caller.'),
  },
  looksAt: { pipeline, lead: optional(lead) },
  reads: ({ pipelineId, leadId }) => ({ pipeline: pipelineId, lead: leadId }),
  decide: ({ stage, leadId, ...input }, { id, actor, pipeline, lead }) => {
    refuseRetired(pipeline, 'pipelineId');
    checkAmount(input.amount, pipeline.currency, 'amount');
    const from = leadId === null || lead === null ? null : fromLead(leadId, lead, id);
    return [
      OpportunityOpened({
        ...input,
        pipelineVersion: pipeline.version,
        stage: stage === null ? firstStage(pipeline) : stageNamed(pipeline, stage, 'stage'),
        campaignId: input.campaignId ?? from?.source.campaignId ?? null,
        ownerId: input.ownerId ?? actor,
        lead: from,
      }),
    ];
  },
});

export const ReviseOpportunity = opportunity.changes('ReviseOpportunity', {
  description: 'Changes the data of an open opportunity.',
  input: changes(fields),
  decide: (opportunity, input) => {
    refuseClosed(opportunity);
    if (input.amount) checkAmount(input.amount, opportunity.amount.currency, 'amount');
    const changed = changesOf(opportunity, input);
    return changed ? [OpportunityRevised({ ...changed, standing: standing(opportunity) })] : [];
  },
});

export const EraseOpportunityText = opportunity.changes('EraseOpportunityText', {
  description: 'Erases the texts of an opportunity: its name and its notes, at every moment of its history.',
  verb: 'eraseText',
  input: { ground: ErasureGround.describe('Why they are erased.') },
  decide: (_, { ground }) => [OpportunityTextErased({ ground, keys: [] })],
});

export const AssignOpportunity = opportunity.changes('AssignOpportunity', {
  description: 'Gives an open opportunity to another owner.',
  verb: 'assign',
  input: { ownerId: User.describe('The new owner.') },
  decide: (opportunity, { ownerId }) => {
    refuseClosed(opportunity);
    return ownerId === opportunity.ownerId ? [] : [OpportunityAssigned({ ownerId, standing: standing(opportunity) })];
  },
});

export const AdvanceOpportunity = opportunity.changes('AdvanceOpportunity', {
  description: 'Moves an open opportunity to another stage of the current version of its pipeline, forward or back.',
  input: { stage: Text(100).describe('A stage of the current version of the pipeline.') },
  looksAt: { pipeline },
  reads: ({ pipelineId }) => ({ pipeline: pipelineId }),
  decide: (opportunity, { stage }, { pipeline }) => {
    refuseClosed(opportunity);
    return moved(opportunity, pipeline, stage);
  },
});

type Moved = ReturnType<typeof OpportunityAdvanced>;

/** The move to a stage of the current version of the pipeline; none when the opportunity is already there. @throws Rejection when there is no such stage */
export function moved(opportunity: Opportunity, pipeline: Pipeline, to: string): Moved[] {
  const { stages, version } = pipeline;
  const stage = stageNamed(pipeline, to, 'stage');
  const before = stages.findIndex(({ name }) => name === opportunity.stage.name);
  const steps = stage.order - (before < 0 ? opportunity.stage.order : before);
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

/** The opportunity before an event, for its data. */
export function standing({ pipelineId, pipelineVersion, stage, enteredAt, ownerId, amount, expectedClose }: Standing): Standing {
  return { pipelineId, pipelineVersion, stage, enteredAt, ownerId, amount, expectedClose };
}

/** @throws Rejection when the opportunity is won or lost. */
export function refuseClosed(opportunity: Opportunity): void {
  if (opportunity.status !== 'open') {
    throw rejection('OPPORTUNITY_CLOSED', `The opportunity is ${opportunity.status}. Reopen it first.`);
  }
}

/** Each lead has at most one opportunity: otherwise a funnel could have more wins than leads. */
function fromLead(id: string, lead: Lead, opportunityId: string): FromLead {
  if (lead.status !== 'converted') {
    throw rejection('LEAD_NOT_CONVERTED', `A lead that is ${lead.status} has no opportunity yet. Convert it first.`, 'leadId');
  }
  if (lead.opportunityId !== null && lead.opportunityId !== opportunityId) {
    throw rejection('LEAD_HAS_OPPORTUNITY', 'The conversion of this lead already opened an opportunity. Leave leadId out.', 'leadId');
  }
  return { id, source: sourceOf(lead) };
}
