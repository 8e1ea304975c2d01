/** The list of accounts. */
import { Text, User } from '../../contracts/fields/index.js';
import { account as fields } from '../../contracts/parties/account.js';
import { list } from '../../src/kernel/list.js';
import { phoneDigits } from '../../src/kernel/phone.js';
import { account } from '../../src/parties/account.js';

export const accounts = list('accounts', account, {
  version: 1,
  description: 'A company or a household that we do business with, or would like to.',
  columns: { ...fields, ownerId: User.describe('The owner.') },
  derived: { phoneDigits: Text(40).optional().describe('The digits of the phone number, for comparison.') },
  derive: ({ phone }) => ({ phoneDigits: phoneDigits(phone) }),
  filter: ['name', 'status', 'registrationNumber', 'taxNumber', 'industry', 'segment', 'email', 'phoneDigits', 'ownerId'],
  sort: ['name'],
  search: ['name', 'legalName', 'email', 'tags'],
  dimension: ['kind', 'status', 'industry', 'size', 'segment', 'ownerId'],
  duplicates: [['email'], ['phoneDigits'], ['taxNumber'], ['registrationNumber'], ['name']],
});
