/** Lead: someone who may become a customer, a person or a company with a contact person. */
import { z } from 'zod';
import { event, personal, type EventOf } from '../event.js';
import { Day, Id, Instant, Money, UserId } from '../values.js';

export const Temperature = z.enum(['hot', 'warm', 'cold']);
export type Temperature = z.infer<typeof Temperature>;

/** Why a lead was given up; `other` asks for a note. */
export const DisqualificationReason = z.enum(['no interest', 'no budget', 'no authority', 'no need', 'unreachable', 'competitor', 'duplicate', 'not serious', 'other']);

/** Where a lead came from and since when it is known: what the lead funnel counts by. Told with each step, so that no reader looks elsewhere. */
export const LeadSource = z.object({
  registeredAt: Instant,
  origin: z.string().nullable(),
  campaignId: Id.nullable(),
});
export type LeadSource = z.infer<typeof LeadSource>;

const revisable = {
  name: personal(z.string()),
  company: z.string().nullable(),
  email: personal(z.string()).nullable(),
  phone: personal(z.string()).nullable(),
  interest: z.string().nullable(),
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
    budget: z.string().nullable(),
    authority: z.string().nullable(),
    need: z.string().nullable(),
    timing: z.string().nullable(),
    source: LeadSource,
  }),
);
export const LeadDisqualified = event(
  'LeadDisqualified',
  z.object({ reason: DisqualificationReason, note: z.string().nullable(), source: LeadSource }),
);
export const LeadReopened = event('LeadReopened', z.object({ from: z.enum(['qualified', 'disqualified']), source: LeadSource }));

/** What the conversion makes: records with ids that derive from the lead's, or ones that existed before. */
export const LeadConverted = event(
  'LeadConverted',
  z.object({
    account: z.object({
      id: Id,
      existing: z.boolean(),
      name: z.string().nullable(),
      industry: z.string().nullable(),
      size: z.string().nullable(),
      segment: z.string().nullable(),
      tags: z.array(z.string()),
    }),
    contact: z
      .object({ id: Id, existing: z.boolean(), name: personal(z.string(), 'contact.id').nullable(), email: personal(z.string(), 'contact.id').nullable(), phone: personal(z.string(), 'contact.id').nullable(), tags: z.array(z.string()) })
      .nullable(),
    opportunity: z
      .object({ id: Id, name: z.string(), pipelineId: Id, stage: z.string().nullable(), amount: Money, expectedClose: Day.nullable() })
      .nullable(),
    owner: UserId,
    source: LeadSource,
  }),
);

export const leadEvents = [LeadRegistered, LeadRevised, LeadAssigned, LeadQualified, LeadDisqualified, LeadReopened, LeadConverted] as const;
export type LeadEvent = EventOf<typeof leadEvents>;
