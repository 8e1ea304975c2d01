import { describe, it } from '@jest/globals';
import { AccountAssigned, AccountRegistered, AccountRevised } from '../../contracts/parties/account.js';
import { account, AssignAccount, RegisterAccount, ReviseAccount } from '../../src/parties/account.js';
import { given } from '../support/domain/given.js';

const bare = {
  kind: 'company' as const,
  name: 'Acme',
  legalName: null,
  registrationNumber: null,
  taxNumber: null,
  industry: null,
  size: null,
  segment: null,
  website: null,
  status: 'prospect' as const,
  email: null,
  phone: null,
  tags: [],
  ownerId: 'sam',
};
const known = {
  kind: 'household' as const,
  legalName: 'Acme SRL',
  registrationNumber: 'J40/1/2018',
  taxNumber: 'RO123',
  industry: 'pets',
  size: '1-9',
  segment: 'small',
  website: 'https://acme.example/shop?x=1',
  status: 'customer' as const,
  email: 'office@acme.example',
  phone: '021-555-0100',
};
const registered = AccountRegistered({ ...bare, ...known, tags: ['Pet', 'new'] });

describe('Registering an account', () => {
  it('needs a name; it is a company and a prospect unless said otherwise', () => {
    given(account, [])
      .when(RegisterAccount, { name: 'Acme' }, { actor: 'sam' })
      .then([AccountRegistered(bare)]);
  });

  it('keeps everything that is told, and each tag once', () => {
    given(account, [])
      .when(RegisterAccount, { name: 'Acme', ...known, ownerId: 'sam', tags: ['Pet', 'new', 'PET'] })
      .then([registered]);
  });

  it.each([
    ['website', { website: 'acme.example' }],
    ['website', { website: 'javascript:alert(1)' }],
    ['email', { email: 'office@' }],
    ['phone', { phone: '0'.repeat(16) }],
    ['status', { status: 'friend' }],
    ['tags', { tags: Array.from({ length: 51 }, (_, index) => `tag ${index}`) }],
    ['name', {}],
  ])('names %s when it is wrong', (field, wrong) => {
    given(account, [])
      .whenGiven(RegisterAccount, field === 'name' ? wrong : { name: 'Acme', ...wrong })
      .thenInvalid(field);
  });
});

describe('Revising an account', () => {
  it('tells only what changes; null clears', () => {
    given(account, [registered])
      .when(ReviseAccount, { ...known, legalName: null, status: 'former customer' })
      .then([AccountRevised({ legalName: null, status: 'former customer' })]);
  });

  it('replaces all tags', () => {
    given(account, [registered])
      .when(ReviseAccount, { tags: ['old', 'OLD'] })
      .then([AccountRevised({ tags: ['old'] })]);
    given(account, [registered])
      .when(ReviseAccount, { tags: [] })
      .then([AccountRevised({ tags: [] })]);
  });

  it('does nothing when nothing changes', () => {
    given(account, [registered])
      .when(ReviseAccount, { ...known, name: 'Acme', tags: ['Pet', 'new'] })
      .then([]);
  });

  it.each([['name'], ['kind'], ['status'], ['tags']])('refuses to clear %s', (field) => {
    given(account, [registered])
      .whenGiven(ReviseAccount, { [field]: null })
      .thenInvalid(field);
  });
});

describe('Assigning an account', () => {
  it('tells from whom to whom, and nothing for the owner that it has', () => {
    given(account, [registered])
      .when(AssignAccount, { ownerId: 'maria' })
      .then([AccountAssigned({ ownerId: 'maria', fromId: 'sam' })]);
    given(account, [registered]).when(AssignAccount, { ownerId: 'sam' }).then([]);
  });
});
