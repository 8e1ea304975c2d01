import { describe, it } from '@jest/globals';
import { LeadConverted, LeadDisqualified, LeadQualified, LeadRegistered } from '../../contracts/sales/lead.js';
import { PipelineDefined, PipelineRetired } from '../../contracts/sales/pipeline.js';
import { derivedId } from '../../src/kernel/derived-id.js';
import { ConvertLead } from '../../src/sales/convert-lead.js';
import { lead } from '../../src/sales/lead.js';
import { given, ID } from '../support/domain/given.js';

const person = {
  name: 'Ana Pop',
  company: null,
  email: 'ana@example.com',
  phone: '+40 21 555 0100',
  origin: 'social',
  campaignId: null,
  interest: null,
  ownerId: 'sam',
};
const registered = LeadRegistered({ ...person, company: 'Pop & Fiii' });
const source = { registeredAt: '2018-02-01T09:00:00.000Z', origin: 'social', campaignId: null };
const qualified = LeadQualified({ temperature: 'hot', score: null, budget: null, authority: null, need: null, timing: null, source });
const pipeline = PipelineDefined({
  version: 1,
  name: 'Shops',
  currency: 'EUR',
  stages: [
    { name: 'Contact', probability: 10, expectedDays: null },
    { name: 'Demo', probability: 50, expectedDays: null },
  ],
  lossReasons: ['price'],
  ownerId: 'maria',
});

const account = {
  id: derivedId(ID, 'account'),
  existing: false,
  name: 'Pop & Fiii',
  kind: 'company' as const,
  industry: null,
  size: null,
  segment: null,
  website: null,
  tags: [],
};
const contact = {
  id: derivedId(ID, 'contact'),
  existing: false,
  salutation: null,
  name: 'Ana Pop',
  firstName: null,
  lastName: null,
  jobRole: null,
  email: 'ana@example.com',
  phone: '+40 21 555 0100',
  tags: [],
};
const opportunity = {
  id: derivedId(ID, 'opportunity'),
  name: 'Pop & Fiii',
  pipelineId: 'shops',
  stage: null,
  amount: { amount: 90000, currency: 'EUR' },
  expectedClose: null,
  ownerId: 'sam',
};
const asked = { pipelineId: 'shops', amount: { amount: 90000, currency: 'EUR' } };
const converted = LeadConverted({ account, contact, opportunity: null, ownerId: 'sam', source });

describe('Converting a lead', () => {
  it('makes an account and a contact of what the lead says, with ids that derive from its own', () => {
    given(lead, [registered, qualified]).when(ConvertLead).then([converted]);
  });

  it('makes a household of a person without a company', () => {
    given(lead, [LeadRegistered(person), qualified])
      .when(ConvertLead)
      .then([
        LeadConverted({ account: { ...account, name: 'Ana Pop', kind: 'household' }, contact, opportunity: null, ownerId: 'sam', source }),
      ]);
  });

  it('makes a company of a person where one is named, or asked for', () => {
    given(lead, [LeadRegistered(person), qualified])
      .when(ConvertLead, { account: { new: { name: 'Pop SRL' } } })
      .then([LeadConverted({ account: { ...account, name: 'Pop SRL' }, contact, opportunity: null, ownerId: 'sam', source })]);
    given(lead, [LeadRegistered(person), qualified])
      .when(ConvertLead, { account: { new: { kind: 'company' } } })
      .then([LeadConverted({ account: { ...account, name: 'Ana Pop' }, contact, opportunity: null, ownerId: 'sam', source })]);
  });

  it('takes what is known besides of the account and the contact', () => {
    const known = { industry: 'retail', size: '1-9', segment: 'pet', website: 'https://pop.example', tags: ['eagle'] };
    const who = { salutation: 'Ms', firstName: 'Ana-Maria', lastName: 'Pop', jobRole: 'owner', email: 'am@example.com', tags: ['vip'] };
    given(lead, [registered, qualified])
      .when(ConvertLead, { account: { new: known }, contact: { new: who }, ownerId: 'maria' })
      .then([
        LeadConverted({
          account: { ...account, ...known },
          contact: { ...contact, ...who, name: 'Ana-Maria Pop' },
          opportunity: null,
          ownerId: 'maria',
          source,
        }),
      ]);
  });

  it('can go into an account and a contact that exist, which keep their own data', () => {
    given(lead, [registered, qualified])
      .when(ConvertLead, { account: { existing: 'acme' }, contact: { existing: 'bob' } })
      .then([
        LeadConverted({
          account: { ...account, id: 'acme', existing: true, name: null, kind: null },
          contact: { ...contact, id: 'bob', existing: true, name: null, email: null, phone: null },
          opportunity: null,
          ownerId: 'sam',
          source,
        }),
      ]);
  });

  it('can do without a contact', () => {
    given(lead, [registered, qualified])
      .when(ConvertLead, { withoutContact: true })
      .then([LeadConverted({ account, contact: null, opportunity: null, ownerId: 'sam', source })]);
  });

  it('can open an opportunity', () => {
    given(lead, [registered, qualified])
      .knowing({ pipeline: [pipeline] })
      .when(ConvertLead, { opportunity: asked })
      .then([LeadConverted({ account, contact, opportunity, ownerId: 'sam', source })]);
    given(lead, [registered, qualified])
      .knowing({ pipeline: [pipeline] })
      .when(ConvertLead, {
        opportunity: { ...asked, name: 'First shop', stage: 'demo', expectedClose: '2018-06-30', ownerId: 'maria' },
      })
      .then([
        LeadConverted({
          account,
          contact,
          opportunity: { ...opportunity, name: 'First shop', stage: 'Demo', expectedClose: '2018-06-30', ownerId: 'maria' },
          ownerId: 'sam',
          source,
        }),
      ]);
  });

  it.each([
    [
      'a pipeline that was retired',
      [pipeline, PipelineRetired({ version: 1, stages: ['Contact', 'Demo'] })],
      asked,
      'PIPELINE_RETIRED',
      'opportunity.pipelineId',
    ],
    ['a stage that the pipeline has not', [pipeline], { ...asked, stage: 'Signing' }, 'STAGE_UNKNOWN', 'opportunity.stage'],
    ['another currency', [pipeline], { ...asked, amount: { amount: 1, currency: 'RON' } }, 'CURRENCY_MISMATCH', 'opportunity.amount'],
    ['a negative amount', [pipeline], { ...asked, amount: { amount: -1, currency: 'EUR' } }, 'AMOUNT_NEGATIVE', 'opportunity.amount'],
  ])('refuses %s at once', (_, past, input, code, field) => {
    given(lead, [registered, qualified]).knowing({ pipeline: past }).when(ConvertLead, { opportunity: input }).thenRejected(code, field);
  });

  it('refuses a contact together with withoutContact', () => {
    given(lead, [registered, qualified])
      .when(ConvertLead, { contact: { new: { name: 'Ana' } }, withoutContact: true })
      .thenRejected('CONVERSION_AMBIGUOUS', 'withoutContact');
  });

  it('is for qualified leads only', () => {
    given(lead, [registered]).when(ConvertLead).thenRejected('LEAD_NOT_QUALIFIED');
    given(lead, [registered, LeadDisqualified({ reason: 'no need', note: null, source })])
      .when(ConvertLead)
      .thenRejected('LEAD_NOT_QUALIFIED');
  });

  it('happens once', () => {
    given(lead, [registered, qualified, converted]).when(ConvertLead).thenRejected('LEAD_CONVERTED');
  });

  it.each([
    ['opportunity.amount', { opportunity: { pipelineId: 'shops' } }],
    ['opportunity.amount.currency', { opportunity: { ...asked, amount: { amount: 1, currency: 'euro' } } }],
    ['account', { account: { existing: 'acme', new: { name: 'Acme' } } }],
    ['account', { account: {} }],
    ['account.new.size', { account: { new: { size: 7 } } }],
    ['account.new.kind', { account: { new: { kind: 'club' } } }],
    ['account.new.tags.1', { account: { new: { tags: ['good', ''] } } }],
    ['contact', { contact: { existing: 'bob', new: { phone: '+40 21 555 0100' } } }],
    ['contact.new.email', { contact: { new: { email: 'nobody' } } }],
    ['contact', { contact: 'Ana' }],
  ])('names %s when it is wrong', (field, input) => {
    given(lead, [registered, qualified])
      .knowing({ pipeline: [pipeline] })
      .whenGiven(ConvertLead, input)
      .thenInvalid(field);
  });
});
