/** A converted lead becomes those of an account, a contact and an opportunity that do not exist yet. */
import { describe, it } from '@jest/globals';
import { LeadConverted } from '../../contracts/sales/lead.js';
import { step } from '../../src/kernel/policy.js';
import { RegisterAccount } from '../../src/parties/account.js';
import { RegisterContact } from '../../src/parties/contact.js';
import { OpenOpportunity } from '../../src/sales/opportunity.js';
import { leadConversion } from '../../src/sales/policies/lead-conversion.js';
import { ID } from '../support/domain/given.js';
import { whenHappened } from '../support/domain/given-policy.js';

const company = { id: 'a1', existing: false, name: 'Brutăria Ana', kind: 'company' as const, industry: 'food', tags: ['bread'] };
const account = { size: null, segment: null, website: null, ...company };
const nobody = { salutation: null, firstName: null, lastName: null, jobRole: null, phone: null, tags: [] };
const contact = { ...nobody, id: 'c1', existing: false, name: 'Ana Pop', email: 'ana@example.com' };
const amount = { amount: 500_00, currency: 'EUR' };
const deal = { id: 'o1', name: 'Bread', pipelineId: 'standard', amount, ownerId: 'bob' };
const opportunity = { stage: null, expectedClose: null, ...deal };
const source = { registeredAt: '2018-01-02T10:00:00.000Z', origin: 'fair', campaignId: null };
const converted = { account, contact, opportunity, ownerId: 'ana', source };
const nothingTold = { name: null, kind: null, industry: null, size: null, segment: null, website: null, tags: [] };

const registersAccount = step('account', RegisterAccount, {
  id: 'a1',
  name: 'Brutăria Ana',
  kind: 'company',
  industry: 'food',
  tags: ['bread'],
  ownerId: 'ana',
});
const registersContact = step('contact', RegisterContact, {
  id: 'c1',
  name: 'Ana Pop',
  email: 'ana@example.com',
  accountId: 'a1',
  ownerId: 'ana',
});

describe('the lead conversion', () => {
  it('makes the account, the contact at it and the opportunity with both', () =>
    whenHappened(leadConversion, LeadConverted(converted)).then([
      registersAccount,
      registersContact,
      step('opportunity', OpenOpportunity, { ...deal, accountId: 'a1', contactId: 'c1', leadId: ID }),
    ]));

  it('opens no opportunity that was not asked for', () =>
    whenHappened(leadConversion, LeadConverted({ ...converted, opportunity: null })).then([registersAccount, registersContact]));

  it('makes no contact when the lead is converted without one', () =>
    whenHappened(leadConversion, LeadConverted({ ...converted, contact: null })).then([
      registersAccount,
      step('opportunity', OpenOpportunity, { ...deal, accountId: 'a1', contactId: null, leadId: ID }),
    ]));

  it('uses the account and the contact that exist', () =>
    whenHappened(
      leadConversion,
      LeadConverted({
        ...converted,
        account: { ...account, ...nothingTold, id: 'moara', existing: true },
        contact: { ...contact, ...nobody, id: 'dan', existing: true, name: null, email: null },
      }),
    ).then([step('opportunity', OpenOpportunity, { ...deal, accountId: 'moara', contactId: 'dan', leadId: ID })]));

  it('makes the contact at an account that exists', () =>
    whenHappened(
      leadConversion,
      LeadConverted({ ...converted, account: { ...account, ...nothingTold, id: 'moara', existing: true }, opportunity: null }),
    ).then([
      step('contact', RegisterContact, { id: 'c1', name: 'Ana Pop', email: 'ana@example.com', accountId: 'moara', ownerId: 'ana' }),
    ]));

  it('can not make an account whose name has been erased', () =>
    whenHappened(leadConversion, LeadConverted({ ...converted, account: { ...account, name: null } })).thenInvalid('account'));
});
