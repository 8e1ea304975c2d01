/** Contact: a person, with or without an account. */
import { changes, Text, User, type Whole } from '../../contracts/fields/index.js';
import {
  ContactAssigned,
  ContactErased,
  ContactRegistered,
  ContactRevised,
  contactEvents,
  contact as fields,
  type Contact,
} from '../../contracts/parties/contact.js';
import { ErasureGround } from '../../contracts/erasure.js';
import { latestDay } from '../kernel/calendar.js';
import { erased } from '../kernel/erasure.js';
import { recordType } from '../kernel/record-type.js';
import { rejection } from './rejections.js';
import { changesOf, revised } from '../kernel/revision.js';

export const contact = recordType<Contact>()('contact', contactEvents, {
  begins: {
    ContactRegistered: ({ data }) => data,
  },
  evolves: {
    ContactRevised: (contact, { data }) => revised(contact, data),
    ContactAssigned: (contact, { data }) => ({ ...contact, ownerId: data.ownerId }),
    ContactErased: (contact) => erased(fields, contact),
  },
  erasedBy: 'ContactErased',
});

export const RegisterContact = contact.creates('RegisterContact', {
  description: 'Registers a person, by one name or by first and last name.',
  input: {
    ...fields,
    name: Text(200).optional().describe('The full name. Defaults to first and last name.'),
    ownerId: User.optional().describe('Defaults to the caller.'),
  },
  decide: (input, { actor, occurredAt }) => {
    refuseFutureBirthDate(input.birthDate, occurredAt);
    const name = input.name ?? fullName(input.firstName, input.lastName);
    return [ContactRegistered({ ...input, name, ownerId: input.ownerId ?? actor })];
  },
});

export const ReviseContact = contact.changes('ReviseContact', {
  description:
    'Changes the data of a contact. A new first or last name also changes the full name, unless that is given as well; a full name alone clears first and last name.',
  input: changes(fields),
  decide: (contact, input, { occurredAt }) => {
    refuseFutureBirthDate(input.birthDate, occurredAt);
    const changed = changesOf(contact, { ...input, ...naming(contact, input) });
    return changed ? [ContactRevised(changed)] : [];
  },
});

export const AssignContact = contact.changes('AssignContact', {
  description: 'Gives a contact to another owner.',
  verb: 'assign',
  input: { ownerId: User.describe('The new owner.') },
  decide: (contact, { ownerId }) => (ownerId === contact.ownerId ? [] : [ContactAssigned({ ownerId, fromId: contact.ownerId })]),
});

export const EraseContact = contact.changes('EraseContact', {
  description:
    'Erases the personal data of a person for good, with that of the leads that became the contact, and of a household that has no other contact.',
  verb: 'correct',
  erases: true,
  input: { ground: ErasureGround.describe('Why it is erased.') },
  decide: (_, { ground }) => [ContactErased({ ground, keys: [] })],
});

type Naming = Pick<Whole<typeof fields>, 'name' | 'firstName' | 'lastName'>;

/** The names after a revision: the full name is always consistent with its parts. */
function naming(
  contact: Contact,
  { name, firstName, lastName }: { readonly [K in keyof Naming]?: Naming[K] | undefined },
): Partial<Naming> {
  if (firstName === undefined && lastName === undefined) {
    return name === undefined || name === contact.name ? {} : { name, firstName: null, lastName: null };
  }
  const parts = {
    firstName: firstName === undefined ? contact.firstName : firstName,
    lastName: lastName === undefined ? contact.lastName : lastName,
  };
  const unchanged = parts.firstName === contact.firstName && parts.lastName === contact.lastName;
  if (unchanged && name === undefined) return {};
  return { ...parts, name: name ?? fullName(parts.firstName, parts.lastName) };
}

function fullName(firstName: string | null, lastName: string | null): string {
  const name = [firstName, lastName].filter(Boolean).join(' ');
  if (name === '') throw rejection('CONTACT_NEEDS_NAME', 'A contact needs a name, a first name or a last name.', 'name');
  return name;
}

function refuseFutureBirthDate(birthDate: string | null | undefined, occurredAt: string): void {
  if (birthDate && birthDate > latestDay(occurredAt)) {
    throw rejection('BIRTH_DATE_IN_FUTURE', 'birthDate is in the future.', 'birthDate');
  }
}
