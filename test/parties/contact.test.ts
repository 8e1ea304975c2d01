import { describe, it } from '@jest/globals';
import { ContactAssigned, ContactRegistered, ContactRevised } from '../../contracts/parties/contact.js';
import { AssignContact, contact, RegisterContact, ReviseContact } from '../../src/parties/contact.js';
import { given } from '../support/domain/given.js';

const bare = {
  salutation: null,
  name: 'Ana Pop',
  firstName: null,
  lastName: null,
  languages: [],
  birthDate: null,
  accountId: null,
  jobRole: null,
  email: null,
  phone: null,
  tags: [],
  ownerId: 'sam',
};
const registered = ContactRegistered({ ...bare, firstName: 'Ana', lastName: 'Pop' });

describe('Registering a contact', () => {
  it('takes one name, or a first and last name', () => {
    given(contact, [])
      .when(RegisterContact, { name: 'Ana Pop', ownerId: 'sam' })
      .then([ContactRegistered(bare)]);
    given(contact, []).when(RegisterContact, { firstName: 'Ana', lastName: 'Pop', ownerId: 'sam' }).then([registered]);
    given(contact, [])
      .when(RegisterContact, { lastName: 'Pop', ownerId: 'sam' })
      .then([ContactRegistered({ ...bare, name: 'Pop', lastName: 'Pop' })]);
  });

  it('keeps everything that is told', () => {
    const told = {
      salutation: 'Dr',
      name: 'Dr. Ana Pop',
      firstName: 'Ana',
      lastName: 'Pop',
      languages: ['ro', 'pt-BR'],
      birthDate: '1980-02-29',
      accountId: 'acme',
      jobRole: 'owner',
      email: 'ana@example.com',
      phone: '+40 (21) 555.01.00',
      tags: ['vip'],
    };
    given(contact, [])
      .when(RegisterContact, told, { actor: 'sam' })
      .then([ContactRegistered({ ...told, ownerId: 'sam' })]);
  });

  it('needs some name', () => {
    given(contact, []).when(RegisterContact, { email: 'ana@example.com' }).thenRejected('CONTACT_NEEDS_NAME', 'name');
  });

  it('refuses a birth date to come', () => {
    given(contact, [])
      .when(RegisterContact, { name: 'Ana', birthDate: '2018-03-03' }, { occurredAt: '2018-03-01T12:00:00.000Z' })
      .thenRejected('BIRTH_DATE_IN_FUTURE', 'birthDate');
  });

  it.each([
    ['birthDate', { birthDate: '1981-02-29' }],
    ['birthDate', { birthDate: '29.2.1980' }],
    ['languages.0', { languages: ['Romanian language'] }],
    ['accountId', { accountId: '' }],
  ])('names %s when it is wrong', (field, wrong) => {
    given(contact, [])
      .whenGiven(RegisterContact, { name: 'Ana', ...wrong })
      .thenInvalid(field);
  });
});

describe('Revising a contact', () => {
  it('tells only what changes; null clears', () => {
    given(contact, [ContactRegistered({ ...bare, accountId: 'acme', jobRole: 'owner', languages: ['ro'] })])
      .when(ReviseContact, { name: 'Ana Pop', accountId: null, jobRole: 'adviser', languages: ['ro'] })
      .then([ContactRevised({ accountId: null, jobRole: 'adviser' })]);
  });

  it('renames by a first or last name alone', () => {
    given(contact, [registered])
      .when(ReviseContact, { lastName: 'Ionescu' })
      .then([ContactRevised({ name: 'Ana Ionescu', lastName: 'Ionescu' })]);
    given(contact, [registered])
      .when(ReviseContact, { firstName: null })
      .then([ContactRevised({ name: 'Pop', firstName: null })]);
  });

  it('takes one name alone in place of first and last name, so that they never contradict each other', () => {
    given(contact, [registered])
      .when(ReviseContact, { name: 'Ana Ionescu' })
      .then([ContactRevised({ name: 'Ana Ionescu', firstName: null, lastName: null })]);
  });

  it('keeps first and last name when the name is told again as it is', () => {
    given(contact, [registered])
      .when(ReviseContact, { name: 'Ana Pop', email: 'ana@example.com' })
      .then([ContactRevised({ email: 'ana@example.com' })]);
  });

  it('leaves the full name when first and last name are told again as they are', () => {
    const titled = ContactRegistered({ ...bare, name: 'Dr. Ana Pop', firstName: 'Ana', lastName: 'Pop' });
    given(contact, [titled])
      .when(ReviseContact, { firstName: 'Ana', email: 'ana@example.com' })
      .then([ContactRevised({ email: 'ana@example.com' })]);
    given(contact, [ContactRegistered(bare)])
      .when(ReviseContact, { firstName: null, lastName: null, email: 'ana@example.com' })
      .then([ContactRevised({ email: 'ana@example.com' })]);
  });

  it('refuses to leave nobody', () => {
    given(contact, [registered]).when(ReviseContact, { firstName: null, lastName: null }).thenRejected('CONTACT_NEEDS_NAME', 'name');
  });

  it('refuses a birth date to come', () => {
    given(contact, [registered]).when(ReviseContact, { birthDate: '2099-01-01' }).thenRejected('BIRTH_DATE_IN_FUTURE', 'birthDate');
  });

  it('does nothing when nothing changes', () => {
    given(contact, [registered]).when(ReviseContact, { firstName: 'Ana', birthDate: null, tags: [] }).then([]);
  });
});

describe('Assigning a contact', () => {
  it('tells from whom to whom, and nothing for the owner that it has', () => {
    given(contact, [registered])
      .when(AssignContact, { ownerId: 'maria' })
      .then([ContactAssigned({ ownerId: 'maria', fromId: 'sam' })]);
    given(contact, [registered]).when(AssignContact, { ownerId: 'sam' }).then([]);
  });
});
