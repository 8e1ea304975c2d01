/** A person with a word of their own in every sealed field of every event of leads, accounts, contacts and opportunities. */
import { derivedId } from '../../../src/kernel/derived-id.js';
import { euros } from '../api/funnel.js';
import type { GraphqlClient } from '../api/graphql-client.js';
import type { Canary } from './canary.js';

/** The ids of somebody's records. */
export interface Person {
  readonly contact: string;
  readonly household: string;
  readonly lead: string;
  readonly opportunity: string;
}

const tagsOf = (canary: Canary, field: string): readonly string[] => [canary.text(`${field}.tags`)];

const accountOf = (canary: Canary, at: string): object => ({
  name: canary.text(`${at}.name`),
  legalName: canary.text(`${at}.legalName`),
  registrationNumber: canary.text(`${at}.registrationNumber`),
  taxNumber: canary.text(`${at}.taxNumber`),
  website: canary.site(`${at}.website`),
  email: canary.email(`${at}.email`),
  phone: canary.phone(`${at}.phone`),
  tags: tagsOf(canary, at),
});

const namesOf = (canary: Canary, at: string): object => ({
  salutation: canary.text(`${at}.salutation`),
  name: canary.text(`${at}.name`),
  firstName: canary.text(`${at}.firstName`),
  lastName: canary.text(`${at}.lastName`),
  jobRole: canary.text(`${at}.jobRole`),
  email: canary.email(`${at}.email`),
  phone: canary.phone(`${at}.phone`),
  tags: tagsOf(canary, at),
});

const contactOf = (canary: Canary, at: string): object => ({ ...namesOf(canary, at), birthDate: canary.day(`${at}.birthDate`) });

const leadOf = (canary: Canary, at: string): object => ({
  name: canary.text(`${at}.name`),
  email: canary.email(`${at}.email`),
  phone: canary.phone(`${at}.phone`),
  interest: canary.text(`${at}.interest`),
});

/**
 * Registered as a contact of a household, with a lead that was given up, taken up again and converted to them, and an opportunity that was won, lost
 * and reopened. Words of the shared record begin with `opportunity`.
 */
export async function registerPerson(client: GraphqlClient, canary: Canary, pipelineId: string): Promise<Person> {
  const { recordId: household } = await client.done('registerAccount', { kind: 'HOUSEHOLD', ...accountOf(canary, 'account.registered') });
  const { recordId: contact } = await client.done('registerContact', { accountId: household, ...contactOf(canary, 'contact.registered') });
  await client.done('reviseAccount', { id: household, ...accountOf(canary, 'account.revised') });
  await client.done('reviseContact', { id: contact, ...contactOf(canary, 'contact.revised') });

  const { recordId: lead } = await client.done('registerLead', {
    ...leadOf(canary, 'lead.registered'),
    company: canary.text('lead.registered.company'),
  });
  await client.done('reviseLead', { id: lead, ...leadOf(canary, 'lead.revised'), company: canary.text('lead.revised.company') });
  await client.done('disqualifyLead', { id: lead, reason: 'OTHER', note: canary.text('lead.disqualified.note') });
  await client.done('reopenLead', { id: lead });
  await qualify(client, canary, lead);
  await client.done('convertLead', { id: lead, account: { existing: household }, contact: { existing: contact } });

  const opened = await client.done('openOpportunity', {
    name: canary.text('opportunity.opened.name'),
    note: canary.text('opportunity.opened.note'),
    accountId: household,
    contactId: contact,
    leadId: lead,
    pipelineId,
    amount: euros(70_000),
  });
  const opportunity = opened.recordId;
  const texts = { name: canary.text('opportunity.revised.name'), note: canary.text('opportunity.revised.note') };
  await client.done('reviseOpportunity', { id: opportunity, ...texts });
  await client.done('loseOpportunity', { id: opportunity, reason: 'price', note: canary.text('opportunity.lost.note') });
  await client.done('reopenOpportunity', { id: opportunity, note: canary.text('opportunity.reopened.note') });
  await client.done('winOpportunity', { id: opportunity, note: canary.text('opportunity.won.note') });
  return { contact, household, lead, opportunity };
}

/** Came as a lead that became a household, a contact and an opportunity. Words of the shared record begin with `opportunity`. */
export async function convertPerson(client: GraphqlClient, canary: Canary, pipelineId: string): Promise<Person> {
  const { recordId: lead } = await client.done('registerLead', leadOf(canary, 'lead.registered'));
  await qualify(client, canary, lead);
  await client.done('convertLead', {
    id: lead,
    account: {
      new: {
        kind: 'HOUSEHOLD',
        name: canary.text('converted.account.name'),
        website: canary.site('converted.account.website'),
        tags: tagsOf(canary, 'converted.account'),
      },
    },
    contact: { new: namesOf(canary, 'converted.contact') },
    opportunity: { name: canary.text('opportunity.converted.name'), pipelineId, amount: euros(30_000) },
  });
  return {
    lead,
    household: derivedId(lead, 'account'),
    contact: derivedId(lead, 'contact'),
    opportunity: derivedId(lead, 'opportunity'),
  };
}

async function qualify(client: GraphqlClient, canary: Canary, id: string): Promise<void> {
  await client.done('qualifyLead', {
    id,
    temperature: 'HOT',
    budget: canary.text('lead.qualified.budget'),
    authority: canary.text('lead.qualified.authority'),
    need: canary.text('lead.qualified.need'),
    timing: canary.text('lead.qualified.timing'),
  });
}
