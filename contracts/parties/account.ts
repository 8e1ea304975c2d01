/** Account: a company or a household that we do business with, or would like to. */
import { erasure, ErasureGround } from '../erasure.js';
import { event } from '../event.js';
import { changes, Choice, Email, Phone, Text, User, WebSite, type Of } from '../fields/index.js';
import { Tags } from '../tags.js';

export const AccountKind = Choice('AccountKind', 'What an account is.', {
  company: 'A business, an authority or an association.',
  household: 'A person, or people who live together.',
});
export type AccountKind = (typeof AccountKind)['value'];

const AccountStatus = Choice('AccountStatus', 'What we are to each other.', {
  prospect: 'It has not bought yet.',
  customer: 'It buys from us.',
  'former customer': 'It bought from us, and does not any more.',
});

// Names are sealed whatever the kind: a household, and a business of one person, go by those of a person.
export const account = {
  kind: AccountKind.default('company').describe('What the account is: a company unless told.'),
  name: Text(200).describe('The name in use.'),
  legalName: Text(200).optional().describe('The registered name, if it differs from the name in use.'),
  registrationNumber: Text(50).optional().describe('The number in the register of companies.'),
  taxNumber: Text(50).optional().describe('The number that the tax authorities gave it.'),
  industry: Text(100).open('Reports group by it; it is a class of many.').optional().describe('The line of business.'),
  size: Text(50).open('Reports group by it; it is a class of many.').optional().describe('Such as a range of employees or of revenue.'),
  segment: Text(100).open('Reports group by it; it is a class of many.').optional().describe("The company's own grouping of accounts."),
  website: WebSite.optional().describe('The web address, such as https://example.com.'),
  status: AccountStatus.default('prospect').describe('What we are to each other: a prospect unless told.'),
  email: Email.optional().describe('The e-mail address, such as ana@example.com.'),
  phone: Phone.optional().describe('The phone number: 5 to 15 digits, such as +40 21 555 0100.'),
  tags: Tags,
};

export const AccountRegistered = event('AccountRegistered', 'An account was registered.', { ...account, ownerId: User });
export const AccountRevised = event('AccountRevised', 'The data of an account changed.', changes(account));
export const AccountAssigned = event('AccountAssigned', 'An account was given to another owner.', { ownerId: User, fromId: User });

export const AccountErased = erasure('AccountErased', 'The personal data of a household was erased.', { ground: ErasureGround });

export const accountEvents = [AccountRegistered, AccountRevised, AccountAssigned, AccountErased] as const;
export type Account = Of<typeof account> & { readonly ownerId: string };
