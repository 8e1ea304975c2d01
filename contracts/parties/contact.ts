/** Contact: a person, with or without an account. */
import { erasure, ErasureGround } from '../erasure.js';
import { event } from '../event.js';
import { changes, Day, Email, Language, List, Phone, Ref, Text, User, type Of } from '../fields/index.js';
import { Tags } from '../tags.js';

export const contact = {
  salutation: Text(50).optional().describe('Such as Ms, Dr or Prof.'),
  name: Text(200).describe('The name in full.'),
  firstName: Text(99).optional().describe('The given name.'),
  lastName: Text(100).optional().describe('The family name.'),
  languages: List(Language, 20).default([]).describe('The languages that the person speaks, the preferred one first.'),
  birthDate: Day.seal().optional().describe('The day of birth.'),
  accountId: Ref('account').optional().describe('The company or household that the person belongs to.'),
  jobRole: Text(100).optional().describe("The person's role at the account."),
  email: Email.optional().describe('The e-mail address, such as ana@example.com.'),
  phone: Phone.optional().describe('The phone number: 5 to 15 digits, such as +40 21 555 0100.'),
  tags: Tags,
};

export const ContactRegistered = event('ContactRegistered', 'A contact was registered.', { ...contact, ownerId: User });
export const ContactRevised = event('ContactRevised', 'The data of a contact changed.', changes(contact));
export const ContactAssigned = event('ContactAssigned', 'A contact was given to another owner.', { ownerId: User, fromId: User });

export const ContactErased = erasure('ContactErased', 'The personal data of a contact was erased.', { ground: ErasureGround });

export const contactEvents = [ContactRegistered, ContactRevised, ContactAssigned, ContactErased] as const;
export type Contact = Of<typeof contact> & { readonly ownerId: string };
