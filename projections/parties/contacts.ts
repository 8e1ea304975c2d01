/** The list of contacts. */
import { Text, User } from '../../contracts/fields/index.js';
import { contact as fields } from '../../contracts/parties/contact.js';
import { list } from '../../src/kernel/list.js';
import { phoneDigits } from '../../src/kernel/phone.js';
import { contact } from '../../src/parties/contact.js';

export const contacts = list('contacts', contact, {
  version: 1,
  description: 'A person, with or without an account.',
  columns: { ...fields, ownerId: User.describe('The owner.') },
  derived: { phoneDigits: Text(40).optional().describe('The digits of the phone number, for comparison.') },
  derive: ({ phone }) => ({ phoneDigits: phoneDigits(phone) }),
  filter: ['name', 'birthDate', 'accountId', 'email', 'phoneDigits', 'ownerId'],
  sort: ['name', 'lastName'],
  search: ['name', 'jobRole', 'email', 'tags'],
  dimension: ['ownerId'],
  duplicates: [['email'], ['phoneDigits'], ['name', 'birthDate']],
});
