/** Lead: registered, then qualified or disqualified, and converted once into an account, a contact and an opportunity. */
import { ErasureGround } from '../../contracts/erasure.js';
import { changes, User } from '../../contracts/fields/index.js';
import {
  LeadAssigned,
  leadEvents,
  LeadRegistered,
  LeadRevised,
  lead as fields,
  LeadErased,
  origin,
  qualification,
  type Lead,
  type LeadSource,
} from '../../contracts/sales/lead.js';
import { erased } from '../kernel/erasure.js';
import { recordType } from '../kernel/record-type.js';
import { rejection } from './rejections.js';
import { changesOf, revised } from '../kernel/revision.js';

/** The fields of its state that may be sealed. */
const known = { ...fields, ...qualification };

const unqualified = {
  temperature: null,
  score: null,
  budget: null,
  authority: null,
  need: null,
  timing: null,
  disqualificationReason: null,
  disqualificationNote: null,
} as const;

export const lead = recordType<Lead>()('lead', leadEvents, {
  begins: {
    LeadRegistered: ({ data, metadata }) => ({
      ...data,
      ...unqualified,
      status: 'open',
      registeredAt: metadata.occurredAt,
      accountId: null,
      contactId: null,
      opportunityId: null,
    }),
  },
  evolves: {
    LeadRevised: (lead, { data }) => revised(lead, data),
    LeadAssigned: (lead, { data }) => ({ ...lead, ownerId: data.ownerId }),
    LeadQualified: (lead, { data: { source: _, ...judged } }) => ({ ...lead, ...judged, status: 'qualified' }),
    LeadDisqualified: (lead, { data }) => ({
      ...lead,
      status: 'disqualified',
      disqualificationReason: data.reason,
      disqualificationNote: data.note,
    }),
    LeadReopened: (lead) => ({ ...lead, ...unqualified, status: 'open' }),
    LeadConverted: (lead, { data }) => ({
      ...lead,
      status: 'converted',
      ownerId: data.ownerId,
      accountId: data.account.id,
      contactId: data.contact?.id ?? null,
      opportunityId: data.opportunity?.id ?? null,
    }),
    LeadErased: (lead) => ({ ...erased(known, lead), disqualificationNote: null }),
  },
  erasedBy: 'LeadErased',
});

export const RegisterLead = lead.creates('RegisterLead', {
  description: 'Registers someone who may become a customer.',
  input: { ...fields, ...origin, ownerId: User.optional().describe('Defaults to the caller.') },
  decide: (input, { actor }) => [LeadRegistered({ ...input, ownerId: input.ownerId ?? actor })],
});

export const ReviseLead = lead.changes('ReviseLead', {
  description: "Changes the data of a lead. Its origin and campaign can't be changed.",
  input: changes(fields),
  decide: (lead, input) => {
    refuseConverted(lead);
    const changed = changesOf(lead, input);
    return changed ? [LeadRevised(changed)] : [];
  },
});

export const AssignLead = lead.changes('AssignLead', {
  description: 'Gives a lead to another owner.',
  verb: 'assign',
  input: { ownerId: User.describe('The new owner.') },
  decide: (lead, { ownerId }) => {
    refuseConverted(lead);
    return ownerId === lead.ownerId ? [] : [LeadAssigned({ ownerId, fromId: lead.ownerId })];
  },
});

/** @throws Rejection when the lead was converted. */
export function refuseConverted(lead: Lead): asserts lead is Lead & { readonly status: Exclude<Lead['status'], 'converted'> } {
  if (lead.status === 'converted') {
    throw rejection(
      'LEAD_CONVERTED',
      'The lead was converted and can no longer be changed. Change the account, contact or opportunity that it became.',
    );
  }
}

/** The origin and registration time of the lead, for its events. */
export function sourceOf({ registeredAt, origin, campaignId }: Lead): LeadSource {
  return { registeredAt, origin, campaignId };
}

export const EraseLead = lead.changes('EraseLead', {
  description: 'Erases the personal data of a lead for good. One that became a contact is erased with the contact.',
  verb: 'correct',
  erases: true,
  input: { ground: ErasureGround.describe('Why it is erased.') },
  decide: ({ contactId }, { ground }) => {
    if (contactId !== null) throw rejection('LEAD_HAS_CONTACT', 'The lead became a contact. Erase the contact.', 'id');
    return [LeadErased({ ground, keys: [] })];
  },
});

export const EraseConvertedLead = lead.changes('EraseConvertedLead', {
  description: 'Erases the personal data of a lead, because the contact or household that it became was erased.',
  verb: 'system',
  erases: true,
  input: { ground: ErasureGround.describe('Why it is erased.') },
  decide: (_, { ground }) => [LeadErased({ ground, keys: [] })],
});
