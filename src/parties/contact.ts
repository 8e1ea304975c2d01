/** Contact: a person, on their own or with a role at an account. */
import { ContactAssigned, ContactRegistered, ContactRevised, type ContactEvent } from '../../contracts/parties/contact.js';
import { aggregate } from '../kernel/aggregate.js';
import { Command, Creating, Existing, type Facts } from '../kernel/command.js';
import { latestDay } from '../kernel/calendar.js';
import { Field } from '../kernel/field.js';
import { Day, Email, Language, List, Phone, Ref, Text, User } from '../kernel/field-type.js';
import { Rejection } from '../kernel/rejection.js';
import { changesOf, revised } from '../kernel/revision.js';
import { distinctTags, Tags, withDistinctTags } from './tags.js';

export interface Contact {
  readonly salutation: string | null;
  readonly name: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly languages: readonly string[];
  readonly birthDate: string | null;
  readonly accountId: string | null;
  readonly jobRole: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly tags: readonly string[];
  readonly owner: string;
}

export const contact = aggregate<Contact, ContactEvent>('contact', {
  initial: {
    salutation: null,
    name: '',
    firstName: null,
    lastName: null,
    languages: [],
    birthDate: null,
    accountId: null,
    jobRole: null,
    email: null,
    phone: null,
    tags: [],
    owner: '',
  },
  evolve: {
    ContactRegistered: (_, { data }) => data,
    ContactRevised: (contact, { data }) => revised(contact, data),
    ContactAssigned: (contact, { data }) => ({ ...contact, owner: data.owner }),
  },
});

const Languages = List(Language, 20);

/** Takes in a person, by one name or by first and last name. */
@Command(contact, { may: ['sales', 'marketing'] })
export class RegisterContact extends Creating {
  @Field(Text(50), { optional: true, description: 'Such as Ms, Dr or Prof.' })
  readonly salutation?: string;

  @Field(Text(200), { optional: true, description: 'The name in full; first and last name when absent.' })
  readonly name?: string;

  @Field(Text(99), { optional: true })
  readonly firstName?: string;

  @Field(Text(100), { optional: true })
  readonly lastName?: string;

  @Field(Languages, { optional: true, description: 'That the person speaks, the preferred one first.' })
  readonly languages?: readonly string[];

  @Field(Day, { optional: true })
  readonly birthDate?: string;

  @Field(Ref('account'), { optional: true, description: 'The company or household that the person belongs to.' })
  readonly accountId?: string;

  @Field(Text(100), { optional: true, description: 'What the person is at the account.' })
  readonly jobRole?: string;

  @Field(Email, { optional: true })
  readonly email?: string;

  @Field(Phone, { optional: true })
  readonly phone?: string;

  @Field(Tags, { optional: true })
  readonly tags?: readonly string[];

  @Field(User, { optional: true, description: 'Whoever asks, when absent.' })
  readonly owner?: string;

  decide(_: Contact, { actor, occurredAt }: Facts): ContactEvent[] {
    refuseUnborn(this.birthDate, occurredAt);
    return [
      ContactRegistered({
        salutation: this.salutation ?? null,
        name: this.name ?? fullName(this.firstName, this.lastName),
        firstName: this.firstName ?? null,
        lastName: this.lastName ?? null,
        languages: [...(this.languages ?? [])],
        birthDate: this.birthDate ?? null,
        accountId: this.accountId ?? null,
        jobRole: this.jobRole ?? null,
        email: this.email ?? null,
        phone: this.phone ?? null,
        tags: distinctTags(this.tags ?? []),
        owner: this.owner ?? actor,
      }),
    ];
  }
}

/** Corrects or completes what is known about a contact. A first or last name alone renames the person; one name alone takes the place of both. */
@Command(contact, { may: ['sales', 'marketing'] })
export class ReviseContact extends Existing {
  @Field(Text(50), { optional: true, clearable: true })
  readonly salutation?: string | null;

  @Field(Text(200), { optional: true })
  readonly name?: string;

  @Field(Text(99), { optional: true, clearable: true })
  readonly firstName?: string | null;

  @Field(Text(100), { optional: true, clearable: true })
  readonly lastName?: string | null;

  @Field(Languages, { optional: true, description: 'All languages from now on, the preferred one first.' })
  readonly languages?: readonly string[];

  @Field(Day, { optional: true, clearable: true })
  readonly birthDate?: string | null;

  @Field(Ref('account'), { optional: true, clearable: true })
  readonly accountId?: string | null;

  @Field(Text(100), { optional: true, clearable: true })
  readonly jobRole?: string | null;

  @Field(Email, { optional: true, clearable: true })
  readonly email?: string | null;

  @Field(Phone, { optional: true, clearable: true })
  readonly phone?: string | null;

  @Field(Tags, { optional: true, description: 'All tags from now on.' })
  readonly tags?: readonly string[];

  decide(contact: Contact, { occurredAt }: Facts): ContactEvent[] {
    refuseUnborn(this.birthDate, occurredAt);
    const input = { ...withDistinctTags<ReviseContact>(this), ...this.#naming(contact) };
    const changes = changesOf(contact, input, [
      'salutation',
      'name',
      'firstName',
      'lastName',
      'languages',
      'birthDate',
      'accountId',
      'jobRole',
      'email',
      'phone',
      'tags',
    ]);
    if (!changes) return [];
    const { languages, tags, ...others } = changes;
    return [ContactRevised({ ...others, ...(languages && { languages: [...languages] }), ...(tags && { tags: [...tags] }) })];
  }

  /** The three name fields after the revision, so that the full name and its parts never contradict each other. */
  #naming(contact: Contact): Partial<Pick<Contact, 'name' | 'firstName' | 'lastName'>> {
    const partGiven = this.firstName !== undefined || this.lastName !== undefined;
    if (!partGiven) {
      return this.name === undefined || this.name === contact.name ? {} : { name: this.name, firstName: null, lastName: null };
    }
    const firstName = this.firstName === undefined ? contact.firstName : this.firstName;
    const lastName = this.lastName === undefined ? contact.lastName : this.lastName;
    return { firstName, lastName, name: this.name ?? fullName(firstName, lastName) };
  }
}

/** Gives a contact to another owner. */
@Command(contact, { may: ['sales', 'manager'] })
export class AssignContact extends Existing {
  @Field(User)
  readonly owner!: string;

  decide(contact: Contact): ContactEvent[] {
    return this.owner === contact.owner ? [] : [ContactAssigned({ owner: this.owner, from: contact.owner })];
  }
}

function fullName(firstName: string | null | undefined, lastName: string | null | undefined): string {
  const name = [firstName, lastName].filter(Boolean).join(' ');
  if (name === '') throw new Rejection('CONTACT_NEEDS_NAME', 'A contact needs a name, or a first or last name.', 'name');
  return name;
}

function refuseUnborn(birthDate: string | null | undefined, occurredAt: string): void {
  if (birthDate && birthDate > latestDay(occurredAt)) {
    throw new Rejection('BIRTH_DATE_IN_FUTURE', 'birthDate is later than the day on which it is told.', 'birthDate');
  }
}
