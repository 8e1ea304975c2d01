import { accounts } from '../../projections/parties/accounts.js';
import { contacts } from '../../projections/parties/contacts.js';
import { erasureReviews } from '../../projections/parties/erasure-reviews.js';
import type { Context } from '../kernel/context.js';
import { account, AssignAccount, EraseAccount, RegisterAccount, ReviseAccount } from '../parties/account.js';
import { AssignContact, contact, EraseContact, RegisterContact, ReviseContact } from '../parties/contact.js';
import { erasureReview, RequestErasureReview, SettleErasureReview } from '../parties/erasure-review.js';
import { householdErasure } from '../parties/policies/household-erasure.js';
import { partiesCodes } from '../parties/rejections.js';

/** Accounts and contacts: companies, households and people. */
export const parties: Context = {
  name: 'parties',
  records: [account, contact, erasureReview],
  commands: [
    RegisterAccount,
    ReviseAccount,
    AssignAccount,
    EraseAccount,
    RegisterContact,
    ReviseContact,
    AssignContact,
    EraseContact,
    RequestErasureReview,
    SettleErasureReview,
  ],
  projections: [accounts, contacts, erasureReviews],
  policies: [householdErasure],
  codes: partiesCodes,
};
