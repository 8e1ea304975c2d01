/** Lead: someone who may become a customer, a person or a company with a contact person. */
import { z } from 'zod';
import { event, personal, type EventOf } from '../event.js';
import { AccountKind } from '../parties/account.js';
import { Day, Id, Instant, Money, UserId } from '../values.js';

export const Temperature = z.enum(['hot', 'warm', 'cold']);
export type Temperature = z.infer<typeof Temperature>;

/** Why a lead was given up; `other` asks for a note. */
export const DisqualificationReason = z.enum([
  'no interest',
  'no budget',
  'no authority',
  'no need',
  'unreachable',
  'competitor',
  'duplicate',
  'not serious',
  'other',
]);
export type DisqualificationReason = z.infer<typeof DisqualificationReason>;

/** Where a lead came from and since when it is known: what the lead funnel counts by. Told with each step, so that no reader looks elsewhere. */
export const LeadSource = z.object({
  registeredAt: Instant,
  origin: z.string().nullable(),
  campaignId: Id.nullable(),
});
export type LeadSource = z.infer<typeof LeadSource>;

const revisable = {
  name: personal(z.string()),
  company: personal(z.string()).nullable(),
  email: personal(z.string()).nullable(),
  phone: personal(z.string()).nullable(),
  interest: personal(z.string()).nullable(),
};

export const LeadRegistered = event(
  'LeadRegistered',
  z.object({ ...revisable, origin: z.string().nullable(), campaignId: Id.nullable(), owner: UserId }),
);
export const LeadRevised = event('LeadRevised', z.object(revisable).partial());
export const LeadAssigned = event('LeadAssigned', z.object({ owner: UserId, from: UserId }));
export const LeadQualified = event(
  'LeadQualified',
  z.object({
    temperature: Temperature,
    score: z.number().int().min(0).max(100).nullable(),
    budget: personal(z.string()).nullable(),
    authority: personal(z.string()).nullable(),
    need: personal(z.string()).nullable(),
    timing: personal(z.string()).nullable(),
    source: LeadSource,
  }),
);
export const LeadDisqualified = event(
  'LeadDisqualified',
  z.object({ reason: DisqualificationReason, note: personal(z.string()).nullable(), source: LeadSource }),
);
export const LeadReopened = event('LeadReopened', z.object({ from: z.enum(['qualified', 'disqualified']), source: LeadSource }));

/**
 * What the conversion makes: records with ids that derive from the lead's, or ones that existed before, of which only the id is told.
 * An account that is new has a name and a kind, a contact that is new a name.
 */
const account = z.object({
  id: Id,
  existing: z.boolean(),
  name: personal(z.string(), 'account.id').nullable(),
  kind: AccountKind.nullable(),
  industry: z.string().nullable(),
  size: z.string().nullable(),
  segment: z.string().nullable(),
  website: z.string().nullable(),
  tags: z.array(z.string()),
});

const contact = z.object({
  id: Id,
  existing: z.boolean(),
  salutation: personal(z.string(), 'contact.id').nullable(),
  name: personal(z.string(), 'contact.id').nullable(),
  firstName: personal(z.string(), 'contact.id').nullable(),
  lastName: personal(z.string(), 'contact.id').nullable(),
  jobRole: personal(z.string(), 'contact.id').nullable(),
  email: personal(z.string(), 'contact.id').nullable(),
  phone: personal(z.string(), 'contact.id').nullable(),
  tags: z.array(z.string()),
});

const opportunity = z.object({
  id: Id,
  name: personal(z.string(), 'account.id'),
  pipelineId: Id,
  /** The pipeline's first when null. */
  stage: z.string().nullable(),
  amount: Money,
  expectedClose: Day.nullable(),
  owner: UserId,
});

export const LeadConverted = event(
  'LeadConverted',
  z.object({ account, contact: contact.nullable(), opportunity: opportunity.nullable(), owner: UserId, source: LeadSource }),
);

export const leadEvents = [
  LeadRegistered,
  LeadRevised,
  LeadAssigned,
  LeadQualified,
  LeadDisqualified,
  LeadReopened,
  LeadConverted,
] as const;
export type LeadEvent = EventOf<typeof leadEvents>;
