/** Creates the account, the contact and the opportunity of a converted lead, unless they exist. */
import { LeadConverted } from '../../../contracts/sales/lead.js';
import { policy, step } from '../../kernel/policy.js';
import { RegisterAccount } from '../../parties/account.js';
import { RegisterContact } from '../../parties/contact.js';
import { OpenOpportunity } from '../opportunity.js';

export const leadConversion = policy({
  name: 'leadConversion',
  from: 'beginning',
  events: [LeadConverted],
  on: {
    *LeadConverted({ stream, data: { account, contact, opportunity, ownerId } }) {
      if (!account.existing) {
        const { existing: _, name, kind, tags, ...known } = account;
        yield step('account', RegisterAccount, { ...known, name: name ?? '', kind: kind ?? 'company', tags: tags ?? [], ownerId });
      }
      if (contact && !contact.existing) {
        const { existing: _, tags, ...known } = contact;
        yield step('contact', RegisterContact, { ...known, tags: tags ?? [], ownerId, accountId: account.id });
      }
      if (opportunity) {
        const contactId = contact?.id ?? null;
        yield step('opportunity', OpenOpportunity, {
          ...opportunity,
          name: opportunity.name ?? '',
          accountId: account.id,
          contactId,
          leadId: stream.id,
        });
      }
    },
  },
});
