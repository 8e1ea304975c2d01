/** The list of leads. */
import { Ref, Text, User } from '../../contracts/fields/index.js';
import { DisqualificationReason, lead as fields, LeadStatus, origin, qualification } from '../../contracts/sales/lead.js';
import { list } from '../../src/kernel/list.js';
import { phoneDigits } from '../../src/kernel/phone.js';
import { lead } from '../../src/sales/lead.js';

export const leads = list('leads', lead, {
  version: 1,
  description: 'Someone who may become a customer.',
  columns: {
    ...fields,
    ...origin,
    ...qualification,
    status: LeadStatus.describe('How far the lead has come.'),
    temperature: qualification.temperature.optional(),
    disqualificationReason: DisqualificationReason.optional().describe('Why the lead was given up; null unless it was.'),
    disqualificationNote: Text(2000).optional().describe('The note on the disqualification.'),
    accountId: Ref('account').optional().describe('The account that the lead was converted into.'),
    contactId: Ref('contact').optional().describe('The contact that the lead was converted into.'),
    opportunityId: Ref('opportunity').optional().describe('The opportunity of the conversion.'),
    ownerId: User.describe('The owner.'),
  },
  derived: { phoneDigits: Text(40).optional().describe('The digits of the phone number, for comparison.') },
  derive: ({ phone }) => ({ phoneDigits: phoneDigits(phone) }),
  filter: ['name', 'company', 'status', 'email', 'phoneDigits', 'origin', 'campaignId', 'temperature', 'accountId', 'contactId', 'ownerId'],
  sort: ['name', 'score'],
  search: ['name', 'company', 'email', 'interest'],
  dimension: ['status', 'origin', 'temperature', 'disqualificationReason', 'ownerId'],
  duplicates: [['email'], ['phoneDigits'], ['name', 'company']],
});
