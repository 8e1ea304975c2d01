/** A converted lead becomes an account, a contact and an opportunity: those of them that do not exist yet. */
import type { LeadConverted } from '../../contracts/sales/lead.js';
import type { RecordedEvent } from '../kernel/event.js';
import { fromInput } from '../kernel/input.js';
import { RegisterAccount } from '../parties/account.js';
import { RegisterContact } from '../parties/contact.js';
import { OpenOpportunity } from '../sales/opportunity.js';
import type { Policy } from './policy.js';

export const leadConversion: Policy = {
  name: 'leadConversion',
  types: ['LeadConverted'],
  asksViews: false,
  *react(event) {
    const { account, contact, opportunity, owner } = (event as RecordedEvent<string, ReturnType<typeof LeadConverted>['data']>).data;
    if (!account.existing) {
      const { existing: _, ...known } = account;
      yield { name: 'account', command: fromInput(RegisterAccount, given({ ...known, owner })) };
    }
    if (contact && !contact.existing) {
      const { existing: _, ...known } = contact;
      yield { name: 'contact', command: fromInput(RegisterContact, given({ ...known, owner, accountId: account.id })) };
    }
    if (opportunity) {
      const command = fromInput(
        OpenOpportunity,
        given({
          ...opportunity,
          accountId: account.id,
          contactId: contact?.id,
          leadId: event.stream.id,
        }),
      );
      yield { name: 'opportunity', command };
    }
  },
};

/** Without the fields that are null or undefined: what an input leaves out. */
function given(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}
