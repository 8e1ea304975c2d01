/** Opportunity: a possible sale that moves through a pipeline until it is won or lost. */
import { erasure, ErasureGround } from '../erasure.js';
import { event } from '../event.js';
import { changes, Choice, Day, Id, Instant, Int, MoneyField, Nested, Ref, Text, User, type Of } from '../fields/index.js';
import { LeadSource } from './lead.js';
import { LossReason, StageName } from './pipeline.js';

export const OpportunityStatus = Choice('OpportunityStatus', 'Whether an opportunity is open, and how it ended.', {
  open: 'It may still be won.',
  won: 'The account agreed to buy.',
  lost: 'The account will not buy.',
});

/** A stage as it was when the opportunity entered it. */
export const StageReached = Nested('StageReached', 'A stage as it was when the opportunity entered it.', {
  name: StageName,
  probability: Int(1, 99).describe('The win probability in percent.'),
  order: Int(0).describe('Its order in the pipeline, from 0.'),
});
export type StageReached = (typeof StageReached)['value'];

const placed = {
  stage: StageReached,
  pipelineVersion: Int(1).describe('The version of the pipeline at its last move.'),
};

/** An opportunity just before an event: what boards and key figures have counted and must subtract. */
const standing = {
  pipelineId: Ref('pipeline'),
  ...placed,
  enteredAt: Instant.describe('When it entered the stage.'),
  ownerId: User,
  amount: MoneyField,
  expectedClose: Day.optional(),
};
const StandingField = Nested('Standing', 'An opportunity just before an event.', standing);
export type Standing = Of<typeof standing>;

/** The lead that an opportunity came from. */
const FromLead = Nested('FromLead', 'The lead that an opportunity came from.', { id: Ref('lead'), source: LeadSource });
export type FromLead = (typeof FromLead)['value'];

/**
 * `forward` and `back` along the pipeline, or `across` to the same order in a newer version.
 * `skipped` counts the stages skipped by a move forward.
 */
const move = { direction: Choice('StageDirection', 'The direction of a move.', ['forward', 'back', 'across']), skipped: Int(0) };

/** What closing events also contain: when it was opened, and its lead. */
const origins = { openedAt: Instant, lead: FromLead.optional() };

const note = Text(2000).optional();

/** The fields that can be revised. */
export const opportunity = {
  name: Text(200).describe('What is to be sold, in a few words.'),
  accountId: Ref('account').describe('The account that may buy.'),
  contactId: Ref('contact').optional().describe('The person to talk to.'),
  amount: MoneyField.describe("The expected amount: 0 or more, in the pipeline's currency."),
  expectedClose: Day.optional().describe('The expected day of the win.'),
  campaignId: Id.optional().describe("The campaign that it came from. Defaults to the lead's."),
  note: Text(5000).optional().describe('Notes.'),
};

export const OpportunityOpened = event('OpportunityOpened', 'An opportunity was opened.', {
  ...opportunity,
  ...placed,
  pipelineId: Ref('pipeline'),
  ownerId: User,
  lead: FromLead.optional(),
});
export const OpportunityRevised = event('OpportunityRevised', 'The data of an opportunity changed.', {
  ...changes(opportunity),
  standing: StandingField,
});
export const OpportunityAssigned = event('OpportunityAssigned', 'An opportunity was given to another owner.', {
  ownerId: User,
  standing: StandingField,
});
export const OpportunityAdvanced = event('OpportunityAdvanced', 'An opportunity moved to another stage of its pipeline.', {
  ...placed,
  ...move,
  standing: StandingField,
});
export const OpportunityWon = event('OpportunityWon', 'An opportunity was won.', {
  amount: MoneyField.describe('The agreed amount.'),
  wonOn: Day.describe('The day of the agreement.'),
  note,
  ...origins,
  standing: StandingField,
});
export const OpportunityLost = event('OpportunityLost', 'An opportunity was lost.', {
  reason: LossReason.describe('One of the reasons of its pipeline, or "other".'),
  note,
  ...origins,
  standing: StandingField,
});

const Closing = Nested('Closing', 'How an opportunity ended.', {
  status: Choice('ClosedStatus', 'How an opportunity ended.', ['won', 'lost']),
  at: Instant,
  amount: MoneyField,
  reason: LossReason.optional(),
});

/** `was` is the closing that this undoes, so that projections can subtract it. */
export const OpportunityReopened = event('OpportunityReopened', 'A won or lost opportunity was reopened.', {
  ...placed,
  note,
  was: Closing,
  ...origins,
  standing: StandingField,
});

/** New texts may follow. */
export const OpportunityTextErased = erasure('OpportunityTextErased', 'The texts of an opportunity were erased.', {
  ground: ErasureGround,
});

export const opportunityEvents = [
  OpportunityOpened,
  OpportunityRevised,
  OpportunityAssigned,
  OpportunityAdvanced,
  OpportunityWon,
  OpportunityLost,
  OpportunityReopened,
  OpportunityTextErased,
] as const;

export type Opportunity = Of<typeof opportunity> &
  Standing & {
    readonly status: (typeof OpportunityStatus)['value'];
    readonly openedAt: string;
    readonly lead: FromLead | null;
    /** The number of moves back to an earlier stage. */
    readonly movesBack: number;
    /** When it was won or lost. This and the following are null while it is open. */
    readonly closedAt: string | null;
    readonly wonOn: string | null;
    readonly lossReason: string | null;
    readonly closingNote: string | null;
  };
