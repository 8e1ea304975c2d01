/** Accounts and contacts over the API: registered, revised, assigned, and what each rule answers. */
import { describe, expect, it } from '@jest/globals';
import { registerAccount } from '../support/api/funnel.js';
import { sharedServer } from '../support/processes/set-up.js';

const { server } = await sharedServer();

describe('an account', () => {
  const fields = 'name kind status legalName registrationNumber taxNumber industry size segment website email phone tags ownerId revision';

  it('is registered, revised and assigned', async () => {
    const known = {
      name: 'Brutăria Ana',
      kind: 'COMPANY',
      legalName: 'Brutăria Ana S.R.L.',
      registrationNumber: 'J40/1',
      taxNumber: 'RO123',
      industry: 'Food',
      size: '10-49',
      segment: 'small',
      website: 'https://ana.example.com',
      status: 'PROSPECT',
      email: 'office@example.com',
      phone: '021 555 0100',
      tags: ['bread'],
      ownerId: 'dan',
    };
    const { registerAccount: registered } = await server.ask<{ readonly registerAccount: { readonly recordId: string } }>(
      `mutation ($input: RegisterAccountInput!) { registerAccount(input: $input) { recordId account { ${fields} } } }`,
      { input: { ...known, tags: ['bread', 'bread'] } },
    );
    expect(registered).toEqual({ recordId: expect.any(String), account: { ...known, revision: 0 } });
    const { recordId: id } = registered;
    expect(
      await server.ask(`mutation ($input: ReviseAccountInput!) { reviseAccount(input: $input) { account { ${fields} } } }`, {
        input: { id, status: 'CUSTOMER', website: null, tags: [] },
      }),
    ).toEqual({ reviseAccount: { account: { ...known, status: 'CUSTOMER', website: null, tags: [], revision: 1 } } });
    expect(
      await server.ask('mutation ($input: AssignAccountInput!) { assignAccount(input: $input) { account { ownerId revision } } }', {
        input: { id, ownerId: 'maria' },
      }),
    ).toEqual({ assignAccount: { account: { ownerId: 'maria', revision: 2 } } });
  });

  it('is registered once under an id', async () => {
    await server.done('registerAccount', { id: 'acme', name: 'Acme' });
    expect(await server.command('registerAccount', { id: 'acme', name: 'Acme' })).toMatchObject({
      userErrors: [{ code: 'ACCOUNT_EXISTS', path: ['input', 'id'] }],
    });
  });
});

describe('a contact', () => {
  const fields = 'name firstName lastName salutation languages birthDate jobRole email account { name } ownerId';

  it('is registered by first and last name, and revised without contradicting itself', async () => {
    const accountId = await registerAccount(server, 'Acme');
    const { registerContact } = await server.ask<{ readonly registerContact: { readonly recordId: string } }>(
      `mutation ($input: RegisterContactInput!) { registerContact(input: $input) { recordId contact { ${fields} } } }`,
      {
        input: {
          firstName: 'Ana',
          lastName: 'Pop',
          salutation: 'Ms',
          languages: ['ro', 'pt-BR'],
          birthDate: '1990-02-28',
          accountId,
          jobRole: 'Owner',
          email: 'ana@example.com',
        },
      },
    );
    const contact = {
      name: 'Ana Pop',
      firstName: 'Ana',
      lastName: 'Pop',
      salutation: 'Ms',
      languages: ['ro', 'pt-BR'],
      birthDate: '1990-02-28',
      jobRole: 'Owner',
      email: 'ana@example.com',
      account: { name: 'Acme' },
      ownerId: 'local',
    };
    expect(registerContact).toEqual({ recordId: expect.any(String), contact });
    expect(
      await server.ask(`mutation ($input: ReviseContactInput!) { reviseContact(input: $input) { contact { ${fields} } } }`, {
        input: { id: registerContact.recordId, lastName: 'Ionescu', accountId: null, jobRole: null },
      }),
    ).toEqual({ reviseContact: { contact: { ...contact, name: 'Ana Ionescu', lastName: 'Ionescu', account: null, jobRole: null } } });
    expect(await server.done('assignContact', { id: registerContact.recordId, ownerId: 'dan' })).toMatchObject({ revision: 2 });
  });

  it('needs a name, a birth date in the past and an account that exists', async () => {
    expect(await server.command('registerContact', { email: 'x@example.com' })).toMatchObject({
      userErrors: [{ code: 'CONTACT_NEEDS_NAME', path: ['input', 'name'] }],
    });
    expect(await server.command('registerContact', { name: 'Ana', birthDate: '2100-01-01' })).toMatchObject({
      userErrors: [{ code: 'BIRTH_DATE_IN_FUTURE', path: ['input', 'birthDate'] }],
    });
    expect(await server.command('registerContact', { name: 'Ana', accountId: 'nobody' })).toMatchObject({
      userErrors: [{ code: 'ACCOUNT_NOT_FOUND', path: ['input', 'accountId'] }],
    });
  });
});
