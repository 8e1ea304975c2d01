/** Contacts: one document each, as lists and the person's page show it. */
import type { ContactEvent } from '../../contracts/parties/contact.js';
import { Day, Email, Language, List, Phone, Ref, Text } from '../../src/kernel/field-type.js';
import { phoneDigits } from '../../src/kernel/phone.js';
import { Column, ReadModel } from '../../src/kernel/read-model.js';
import { RecordDocument, recordProjection } from '../../src/kernel/record-document.js';
import { revised } from '../../src/kernel/revision.js';

@ReadModel('contacts', { version: 1, one: 'contact', record: 'contact', duplicates: [['email'], ['phoneDigits'], ['name', 'birthDate']] })
class ContactDocument extends RecordDocument {
  @Column(Text(50), { optional: true })
  readonly salutation!: string | null;

  @Column(Text(200), { search: true, sort: true, filter: true, description: 'In full.' })
  readonly name!: string;

  @Column(Text(99), { optional: true })
  readonly firstName!: string | null;

  @Column(Text(100), { optional: true, sort: true })
  readonly lastName!: string | null;

  @Column(List(Language, 20), { description: 'The preferred one first.' })
  readonly languages!: readonly string[];

  @Column(Day, { optional: true, filter: true })
  readonly birthDate!: string | null;

  @Column(Ref('account'), { optional: true, filter: true })
  readonly accountId!: string | null;

  @Column(Text(100), { optional: true, search: true })
  readonly jobRole!: string | null;

  @Column(Email, { optional: true, search: true, filter: true })
  readonly email!: string | null;

  @Column(Phone, { optional: true })
  readonly phone!: string | null;

  @Column(Text(40), { optional: true, filter: true, description: 'The digits of the phone: the same number, however it is written.' })
  readonly phoneDigits!: string | null;

  @Column(List(Text(50), 50), { search: true })
  readonly tags!: readonly string[];
}

export const contacts = recordProjection<ContactDocument, ContactEvent>(ContactDocument, {
  ContactRegistered: (_, { data }) => ({ ...data, phoneDigits: phoneDigits(data.phone) }),
  ContactRevised: (contact, { data }) => {
    const after = revised(contact, data);
    return { ...after, phoneDigits: phoneDigits(after.phone) };
  },
  ContactAssigned: (contact, { data }) => ({ ...contact, owner: data.owner }),
});
