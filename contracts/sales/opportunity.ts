/** Opportunity: a possible sale on its way through a pipeline, until it is won or lost. */
import { z } from 'zod';
import { event, personal, type EventOf } from '../event.js';
import { Day, Id, Instant, Money, UserId } from '../values.js';
import { LeadSource } from './lead.js';

/** A stage as it was when the opportunity came to it; `position` counts from 0. */
export const StageReached = z.object({ name: z.string(), probability: z.number().int().min(1).max(99), position: z.number().int().min(0) });
export type StageReached = z.infer<typeof StageReached>;

/** How an opportunity stood just before an event: what boards and key figures count by, so that they know what to take away. */
export const Standing = z.object({
  pipelineId: Id,
  pipelineVersion: z.number().int().min(1),
  stage: StageReached,
  /** When it came to the stage. */
  enteredAt: Instant,
  owner: UserId,
  amount: Money,
  expectedClose: Day.nullable(),
});
export type Standing = z.infer<typeof Standing>;

/** The lead that it came from. */
export const FromLead = z.object({ id: Id, source: LeadSource });
export type FromLead = z.infer<typeof FromLead>;

/**
 * `forward` and `back` along the pipeline, or `across` into the same place of a newer version of it.
 * `skipped` counts the stages passed over on the way forward.
 */
const move = { direction: z.enum(['forward', 'back', 'across']), skipped: z.number().int().min(0) };

/** What a closing tells besides: since when it was open and which lead it came from. */
const origins = { openedAt: Instant, lead: FromLead.nullable() };

const revisable = {
  name: personal(z.string()),
  accountId: Id,
  contactId: Id.nullable(),
  amount: Money,
  expectedClose: Day.nullable(),
  campaignId: Id.nullable(),
  note: personal(z.string()).nullable(),
};

export const OpportunityOpened = event(
  'OpportunityOpened',
  z.object({
    ...revisable,
    pipelineId: Id,
    pipelineVersion: z.number().int().min(1),
    stage: StageReached,
    owner: UserId,
    lead: FromLead.nullable(),
  }),
);
export const OpportunityRevised = event('OpportunityRevised', z.object(revisable).partial().extend({ standing: Standing }));
export const OpportunityAssigned = event('OpportunityAssigned', z.object({ owner: UserId, standing: Standing }));
export const OpportunityAdvanced = event(
  'OpportunityAdvanced',
  z.object({ stage: StageReached, pipelineVersion: z.number().int().min(1), ...move, standing: Standing }),
);
export const OpportunityWon = event(
  'OpportunityWon',
  z.object({ amount: Money, wonOn: Day, note: personal(z.string()).nullable(), ...origins, standing: Standing }),
);
export const OpportunityLost = event(
  'OpportunityLost',
  z.object({ reason: z.string(), note: personal(z.string()).nullable(), ...origins, standing: Standing }),
);

/** Open again. `was` is the closing that this undoes, so that it can be taken back from where it was counted. */
export const OpportunityReopened = event(
  'OpportunityReopened',
  z.object({
    stage: StageReached,
    pipelineVersion: z.number().int().min(1),
    note: personal(z.string()).nullable(),
    was: z.object({ status: z.enum(['won', 'lost']), at: Instant, amount: Money, reason: z.string().nullable() }),
    ...origins,
    standing: Standing,
  }),
);

export const opportunityEvents = [
  OpportunityOpened,
  OpportunityRevised,
  OpportunityAssigned,
  OpportunityAdvanced,
  OpportunityWon,
  OpportunityLost,
  OpportunityReopened,
] as const;
export type OpportunityEvent = EventOf<typeof opportunityEvents>;
