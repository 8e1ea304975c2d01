/** Erases the leads that became a contact, and asks to look at the opportunities of somebody who was erased. */
import { AccountErased } from '../../../contracts/parties/account.js';
import { ContactErased } from '../../../contracts/parties/contact.js';
import { leads } from '../../../projections/sales/leads.js';
import { opportunities } from '../../../projections/sales/opportunities.js';
import { policy, step } from '../../kernel/policy.js';
import { RequestErasureReview } from '../../parties/erasure-review.js';
import { EraseConvertedLead } from '../lead.js';

export const personErasure = policy({
  name: 'personErasure',
  from: 'beginning',
  events: [ContactErased, AccountErased],
  finds: [leads, opportunities],
  on: {
    async *ContactErased({ stream, data: { ground } }, { find }) {
      for await (const { id } of find(leads, { contactId: stream.id })) yield step(`lead ${id}`, EraseConvertedLead, { id, ground });
      for await (const { id } of find(opportunities, { contactId: stream.id })) {
        yield step(`opportunity ${id}`, RequestErasureReview, reviewOf('contact', stream.id, id));
      }
    },
    async *AccountErased({ stream, data: { ground } }, { find }) {
      for await (const { id, contactId } of find(leads, { accountId: stream.id })) {
        if (contactId === null) yield step(`lead ${id}`, EraseConvertedLead, { id, ground });
      }
      for await (const { id } of find(opportunities, { accountId: stream.id })) {
        yield step(`opportunity ${id}`, RequestErasureReview, reviewOf('account', stream.id, id));
      }
    },
  },
});

function reviewOf(erasedType: 'contact' | 'account', erasedId: string, opportunityId: string) {
  return { erasedType, erasedId, sharedType: 'opportunity', sharedId: opportunityId };
}
