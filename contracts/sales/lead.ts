/** Lead: a person or a company that may become a customer. */
import { erasure, ErasureGround } from '../erasure.js';
import { event } from '../event.js';
import {
  changes,
  Choice,
  Day,
  Email,
  Flag,
  Id,
  Instant,
  Int,
  MoneyField,
  Nested,
  Phone,
  pick,
  Ref,
  Text,
  User,
  type Of,
} from '../fields/index.js';
import { account, AccountKind } from '../parties/account.js';
import { contact } from '../parties/contact.js';
import { StageName } from './pipeline.js';

export const LeadStatus = Choice('LeadStatus', 'How far a lead has come.', {
  open: 'It has not been judged yet.',
  qualified: 'It was found worth pursuing.',
  disqualified: 'It was given up.',
  converted: 'It became an account, with or without a contact and an opportunity.',
});

const Temperature = Choice('Temperature', 'How likely a lead is to buy.', {
  hot: 'Ready to buy.',
  warm: 'Interested, without a decision soon.',
  cold: 'Hardly interested.',
});

/** Why a lead was given up; `other` asks for a note. */
export const DisqualificationReason = Choice('DisqualificationReason', 'Why a lead was given up.', {
  'no interest': 'They do not want what we sell.',
  'no budget': 'They can not pay for it.',
  'no authority': 'They do not decide, and do not reach whoever does.',
  'no need': 'They have no use for it.',
  unreachable: 'They do not answer.',
  competitor: 'They bought from somebody else.',
  duplicate: 'There is another lead, account or contact for the same person or company.',
  'not serious': 'The request was not meant, such as spam or a test.',
  other: 'Another reason, which the note tells.',
});

/** The fields that can be revised. */
export const lead = {
  name: Text(200).describe('The name of the person, or of the company.'),
  company: Text(200).optional().describe('The company, where the name is that of a person.'),
  email: Email.optional().describe('The e-mail address, such as ana@example.com.'),
  phone: Phone.optional().describe('The phone number: 5 to 15 digits, such as +40 21 555 0100.'),
  interest: Text(2000).optional().describe('What the lead is interested in.'),
};

/** The origin of a lead: given when it is registered, and not revised. */
export const origin = {
  origin: Text(100)
    .open('Reports count by it; it is a channel.')
    .optional()
    .describe('Where the lead came from: a channel, a partner, an event.'),
  campaignId: Id.optional().describe('The campaign that it came from.'),
};

/** What is known about a qualified lead. */
export const qualification = {
  temperature: Temperature.describe('How likely the lead is to buy.'),
  score: Int(0, 100).optional().describe('From 0, hopeless, to 100, as good as sold.'),
  budget: Text(1000).optional().describe('What they can spend.'),
  authority: Text(1000).optional().describe('Who decides.'),
  need: Text(1000).optional().describe('What they need it for.'),
  timing: Text(1000).optional().describe('When they want it.'),
};

/** The origin and registration time of a lead, by which the lead funnel counts. Each event has it, so that projections need no lookup. */
export const LeadSource = Nested('LeadSource', 'The origin and registration time of a lead.', { registeredAt: Instant, ...origin });
export type LeadSource = (typeof LeadSource)['value'];

export const LeadRegistered = event('LeadRegistered', 'A lead was registered.', { ...lead, ...origin, ownerId: User });
export const LeadRevised = event('LeadRevised', 'The data of a lead changed.', changes(lead));
export const LeadAssigned = event('LeadAssigned', 'A lead was given to another owner.', { ownerId: User, fromId: User });
export const LeadQualified = event('LeadQualified', 'A lead was qualified.', { ...qualification, source: LeadSource });
export const LeadDisqualified = event('LeadDisqualified', 'A lead was disqualified.', {
  reason: DisqualificationReason,
  note: Text(2000).optional(),
  source: LeadSource,
});
export const LeadReopened = event('LeadReopened', 'A qualified or disqualified lead was reopened.', {
  from: Choice('ReopenedFrom', 'The status of the lead before.', ['qualified', 'disqualified']),
  source: LeadSource,
});

/** A record of a conversion: a new one, with an id derived from the lead's, or an existing one, with its id only. */
const made = { id: Id, existing: Flag.describe('Whether it existed before: then only its id is given.') };

const ConvertedAccount = Nested('ConvertedAccount', 'The account that a lead became.', {
  ...made,
  name: Text(200).optional(),
  kind: AccountKind.optional(),
  ...pick(account, 'industry', 'size', 'segment', 'website', 'tags'),
});

const ConvertedContact = Nested('ConvertedContact', 'The contact that a lead became.', {
  ...made,
  name: Text(200).optional(),
  ...pick(contact, 'salutation', 'firstName', 'lastName', 'jobRole', 'email', 'phone'),
  tags: contact.tags,
});

const ConvertedOpportunity = Nested('ConvertedOpportunity', 'The opportunity that a lead became.', {
  id: Id,
  name: Text(200),
  pipelineId: Ref('pipeline'),
  stage: StageName.optional().describe("Null for the pipeline's first stage."),
  amount: MoneyField,
  expectedClose: Day.optional(),
  ownerId: User,
});

export const LeadConverted = event('LeadConverted', 'A lead became an account and, if given, a contact and an opportunity.', {
  account: ConvertedAccount,
  contact: ConvertedContact.optional(),
  opportunity: ConvertedOpportunity.optional(),
  ownerId: User,
  source: LeadSource,
});

export const LeadErased = erasure('LeadErased', 'The personal data of a lead was erased.', { ground: ErasureGround });

export const leadEvents = [
  LeadRegistered,
  LeadRevised,
  LeadAssigned,
  LeadQualified,
  LeadDisqualified,
  LeadReopened,
  LeadConverted,
  LeadErased,
] as const;

type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

export type Lead = Of<typeof lead> &
  Of<typeof origin> &
  Nullable<Of<typeof qualification>> & {
    readonly status: (typeof LeadStatus)['value'];
    /** When it was registered, in the world. */
    readonly registeredAt: string;
    readonly ownerId: string;
    readonly disqualificationReason: (typeof DisqualificationReason)['value'] | null;
    readonly disqualificationNote: string | null;
    /** The records of the conversion. */
    readonly accountId: string | null;
    readonly contactId: string | null;
    readonly opportunityId: string | null;
  };
