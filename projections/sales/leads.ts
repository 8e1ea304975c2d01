/** Leads: one document each, as lists and the lead's page show it. */
import { DisqualificationReason, Temperature, type LeadEvent } from '../../contracts/sales/lead.js';
import { Choice, Email, Id, Int, Phone, Ref, Text } from '../../src/kernel/field-type.js';
import { phoneDigits } from '../../src/kernel/phone.js';
import { Column, ReadModel } from '../../src/kernel/read-model.js';
import { RecordDocument, recordProjection } from '../../src/kernel/record-document.js';
import { revised } from '../../src/kernel/revision.js';

const LeadStatus = ['open', 'qualified', 'disqualified', 'converted'] as const;

@ReadModel('leads', { version: 1, one: 'lead', record: 'lead', duplicates: [['email'], ['phoneDigits'], ['name', 'company']] })
class LeadDocument extends RecordDocument {
  @Column(Text(200), { search: true, sort: true, filter: true })
  readonly name!: string;

  @Column(Text(200), { optional: true, search: true, filter: true })
  readonly company!: string | null;

  @Column(Choice('LeadStatus', LeadStatus), { filter: true, dimension: true })
  readonly status!: (typeof LeadStatus)[number];

  @Column(Email, { optional: true, search: true, filter: true })
  readonly email!: string | null;

  @Column(Phone, { optional: true })
  readonly phone!: string | null;

  @Column(Text(40), { optional: true, filter: true, description: 'The digits of the phone: the same number, however it is written.' })
  readonly phoneDigits!: string | null;

  @Column(Text(2000), { optional: true, search: true })
  readonly interest!: string | null;

  @Column(Text(100), { optional: true, filter: true, dimension: true })
  readonly origin!: string | null;

  @Column(Id, { optional: true, filter: true })
  readonly campaignId!: string | null;

  @Column(Choice('Temperature', Temperature.options), { optional: true, filter: true, dimension: true })
  readonly temperature!: Temperature | null;

  @Column(Int(0, 100), { optional: true, sort: true })
  readonly score!: number | null;

  @Column(Text(1000), { optional: true })
  readonly budget!: string | null;

  @Column(Text(1000), { optional: true })
  readonly authority!: string | null;

  @Column(Text(1000), { optional: true })
  readonly need!: string | null;

  @Column(Text(1000), { optional: true })
  readonly timing!: string | null;

  @Column(Choice('DisqualificationReason', DisqualificationReason.options), { optional: true, dimension: true })
  readonly disqualifiedFor!: DisqualificationReason | null;

  @Column(Text(2000), { optional: true })
  readonly disqualificationNote!: string | null;

  @Column(Ref('account'), { optional: true, description: 'What the lead was converted into.' })
  readonly accountId!: string | null;

  @Column(Ref('contact'), { optional: true, description: 'What the lead was converted into.' })
  readonly contactId!: string | null;

  @Column(Ref('opportunity'), { optional: true, description: 'What the lead was converted into.' })
  readonly opportunityId!: string | null;
}

/** Not judged: neither qualified nor disqualified. */
const unjudged = {
  temperature: null,
  score: null,
  budget: null,
  authority: null,
  need: null,
  timing: null,
  disqualifiedFor: null,
  disqualificationNote: null,
} as const;

export const leads = recordProjection<LeadDocument, LeadEvent>(LeadDocument, {
  LeadRegistered: (_, { data: { name, company, email, phone, interest, origin, campaignId, owner } }) => ({
    owner,
    name,
    company,
    status: 'open',
    email,
    phone,
    phoneDigits: phoneDigits(phone),
    interest,
    origin,
    campaignId,
    ...unjudged,
    accountId: null,
    contactId: null,
    opportunityId: null,
  }),
  LeadRevised: (lead, { data }) => {
    const after = revised(lead, data);
    return { ...after, phoneDigits: phoneDigits(after.phone) };
  },
  LeadAssigned: (lead, { data }) => ({ ...lead, owner: data.owner }),
  LeadQualified: (lead, { data: { source: _, ...judgement } }) => ({ ...lead, status: 'qualified', ...judgement }),
  LeadDisqualified: (lead, { data }) => ({
    ...lead,
    status: 'disqualified',
    disqualifiedFor: data.reason,
    disqualificationNote: data.note,
  }),
  LeadReopened: (lead) => ({ ...lead, status: 'open', ...unjudged }),
  LeadConverted: (lead, { data }) => ({
    ...lead,
    status: 'converted',
    owner: data.owner,
    accountId: data.account.id,
    contactId: data.contact?.id ?? null,
    opportunityId: data.opportunity?.id ?? null,
  }),
});
