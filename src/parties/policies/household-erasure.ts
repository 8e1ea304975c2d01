/** Erases a household together with the last person who belongs to it. */
import { ContactErased } from '../../../contracts/parties/contact.js';
import { accounts } from '../../../projections/parties/accounts.js';
import { contacts } from '../../../projections/parties/contacts.js';
import { policy, step } from '../../kernel/policy.js';
import { EraseAccount } from '../account.js';

export const householdErasure = policy({
  name: 'householdErasure',
  from: 'beginning',
  events: [ContactErased],
  finds: [accounts, contacts],
  on: {
    async *ContactErased({ stream, data: { ground } }, { find }) {
      for await (const { accountId } of find(contacts, { id: stream.id })) {
        if (accountId === null) continue;
        for await (const { id, kind } of find(accounts, { id: accountId })) {
          if (kind !== 'household') continue;
          let others = 0;
          // Only an erased contact has no name.
          for await (const other of find(contacts, { accountId })) if (other.id !== stream.id && other.name !== null) others += 1;
          if (others === 0) yield step('account', EraseAccount, { id, ground });
        }
      }
    },
  },
});
