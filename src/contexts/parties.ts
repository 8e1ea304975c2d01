import { accounts } from '../../projections/parties/accounts.js';
import { contacts } from '../../projections/parties/contacts.js';
import type { Context } from '../kernel/context.js';
import { account, AssignAccount, RegisterAccount, ReviseAccount } from '../parties/account.js';
import { AssignContact, contact, RegisterContact, ReviseContact } from '../parties/contact.js';
import { partiesCodes } from '../parties/rejections.js';

/** Accounts and contacts: companies, households and people. */
export const parties: Context = {
  name: 'parties',
  records: [account, contact],
  commands: [RegisterAccount, ReviseAccount, AssignAccount, RegisterContact, ReviseContact, AssignContact],
  projections: [accounts, contacts],
  policies: [],
  codes: partiesCodes,
};
