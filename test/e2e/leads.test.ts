/** Leads as a sales desk handles them over the API: every command, and what each rule answers. */
import { describe, expect, it } from '@jest/globals';
import { convertLead, definePipeline, euros, qualifiedLead, registerAccount, registerLead } from '../support/api/funnel.js';
import { sharedServer } from '../support/processes/set-up.js';

const { server } = await sharedServer();

const codeOf = async (command: string, input: object): Promise<string | undefined> => {
  const { userErrors, revision, position } = await server.command(command, input);
  expect({ revision, position }).toEqual({ revision: null, position: null });
  expect(userErrors).toHaveLength(1);
  return userErrors[0]?.code;
};

describe('a lead', () => {
  it('is registered with all that is known, and shown as it is at the position of the answer', async () => {
    const { registerLead: payload } = await server.ask<{ readonly registerLead: unknown }>(
      `mutation ($input: RegisterLeadInput!) {
        registerLead(input: $input) {
          recordId revision position userErrors { code }
          lead { id name company email phone phoneDigits origin campaignId interest ownerId status revision createdAt temperature account { id } }
        }
      }`,
      {
        input: {
          id: 'ana-1',
          name: '  Ana Pop ',
          company: 'Brutăria Ana',
          email: 'ana@example.com',
          phone: '+40 (21) 555-0100',
          origin: 'fair',
          campaignId: 'spring',
          interest: 'An oven',
          ownerId: 'dan.sales',
          occurredAt: '2024-03-01T10:00:00+02:00',
        },
      },
    );
    expect(payload).toEqual({
      recordId: 'ana-1',
      revision: 0,
      position: expect.stringMatching(/^\d+$/),
      userErrors: [],
      lead: {
        id: 'ana-1',
        name: 'Ana Pop',
        company: 'Brutăria Ana',
        email: 'ana@example.com',
        phone: '+40 (21) 555-0100',
        phoneDigits: expect.stringMatching(/^\d+$/),
        origin: 'fair',
        campaignId: 'spring',
        interest: 'An oven',
        ownerId: 'dan.sales',
        status: 'OPEN',
        revision: 0,
        createdAt: '2024-03-01T08:00:00.000Z',
        temperature: null,
        account: null,
      },
    });
  });

  it('belongs to whoever registers it, and to "local" when nobody says who they are', async () => {
    const query =
      'mutation ($input: RegisterLeadInput!) { registerLead(input: $input) { lead { ownerId history { nodes { actorId } } } } }';
    const ask = async (headers: Readonly<Record<string, string>>): Promise<unknown> =>
      server.ask(query, { input: { name: 'Ana' } }, headers);
    const by = (actorId: string): object => ({ registerLead: { lead: { ownerId: actorId, history: { nodes: [{ actorId }] } } } });
    expect(await ask({ 'x-daybook-actor': 'maria.sales' })).toEqual(by('maria.sales'));
    expect(await ask({})).toEqual(by('local'));
  });

  it('is registered once under an id', async () => {
    await registerLead(server, { id: 'once' });
    expect(await server.command('registerLead', { id: 'once', name: 'Somebody else' })).toMatchObject({
      userErrors: [{ code: 'LEAD_EXISTS', path: ['input', 'id'] }],
    });
  });

  it('is revised: what is given changes, null clears, what is left out stays', async () => {
    const id = await registerLead(server, { phone: '021 555 0100' });
    const { reviseLead } = await server.ask<{ readonly reviseLead: unknown }>(
      'mutation ($input: ReviseLeadInput!) { reviseLead(input: $input) { revision lead { name company email phone phoneDigits } } }',
      { input: { id, name: 'Ana Maria Pop', phone: null } },
    );
    expect(reviseLead).toEqual({
      revision: 1,
      lead: { name: 'Ana Maria Pop', company: 'Brutăria Ana', email: 'ana@example.com', phone: null, phoneDigits: null },
    });
  });

  it('is left alone by a revision that changes nothing', async () => {
    const id = await registerLead(server);
    const before = await server.logPosition();
    expect(await server.done('reviseLead', { id, name: 'Ana Pop' })).toMatchObject({ revision: 0 });
    expect(await server.logPosition()).toBe(before);
  });

  it('is given to another owner', async () => {
    const id = await registerLead(server);
    const query = 'mutation ($input: AssignLeadInput!) { assignLead(input: $input) { revision lead { ownerId } } }';
    expect(await server.ask(query, { input: { id, ownerId: 'dan' } })).toEqual({ assignLead: { revision: 1, lead: { ownerId: 'dan' } } });
  });

  it('is qualified once, with a judgement that is shown and taken back by a reopening', async () => {
    const id = await registerLead(server);
    const judgement = '{ status temperature score budget authority need timing disqualificationReason }';
    const query = `mutation ($input: QualifyLeadInput!) { qualifyLead(input: $input) { lead ${judgement} } }`;
    const known = { score: 80, budget: '5,000', authority: 'Ana', need: 'Bread', timing: 'May' };
    expect(await server.ask(query, { input: { id, temperature: 'HOT', ...known } })).toEqual({
      qualifyLead: { lead: { status: 'QUALIFIED', temperature: 'HOT', ...known, disqualificationReason: null } },
    });
    expect(await codeOf('qualifyLead', { id, temperature: 'COLD' })).toBe('LEAD_NOT_OPEN');
    expect(await codeOf('disqualifyLead', { id, reason: 'NO_NEED' })).toBe('LEAD_NOT_OPEN');
    expect(
      await server.ask(`mutation ($input: ReopenLeadInput!) { reopenLead(input: $input) { lead ${judgement} } }`, { input: { id } }),
    ).toEqual({
      reopenLead: {
        lead: {
          status: 'OPEN',
          temperature: null,
          score: null,
          budget: null,
          authority: null,
          need: null,
          timing: null,
          disqualificationReason: null,
        },
      },
    });
    expect(await codeOf('reopenLead', { id })).toBe('LEAD_OPEN');
  });

  it('is given up for a reason; "other" needs a note', async () => {
    const id = await registerLead(server);
    expect(await server.command('disqualifyLead', { id, reason: 'OTHER' })).toMatchObject({
      userErrors: [{ code: 'NOTE_REQUIRED', path: ['input', 'note'] }],
    });
    const query = `mutation ($input: DisqualifyLeadInput!) {
      disqualifyLead(input: $input) { lead { status disqualificationReason disqualificationNote } }
    }`;
    expect(await server.ask(query, { input: { id, reason: 'OTHER', note: 'Moved away' } })).toEqual({
      disqualifyLead: { lead: { status: 'DISQUALIFIED', disqualificationReason: 'OTHER', disqualificationNote: 'Moved away' } },
    });
    expect(await codeOf('convertLead', { id })).toBe('LEAD_NOT_QUALIFIED');
  });

  it('shows others that are likely the same one, and refuses none', async () => {
    const first = await registerLead(server, {
      name: 'Ștefan Ionescu',
      company: 'Țărm',
      email: 'stefan@example.com',
      phone: '0721 555 010',
    });
    const sameMail = await registerLead(server, { name: 'S. I.', email: 'Stefan@Example.com' });
    const samePhone = await registerLead(server, { name: 'Stef', phone: '0721-555-010' });
    const sameName = await registerLead(server, { name: 'stefan ionescu', company: 'TARM', email: 's@example.com' });
    await registerLead(server, { name: 'Stefan Ionescu', company: 'Elsewhere', email: 'other@example.com' });
    const { lead } = await server.ask<{ readonly lead: { readonly duplicates: readonly { readonly id: string }[] } }>(
      'query ($id: ID!, $position: Position) { lead(id: $id, minPosition: $position) { duplicates { id } } }',
      { id: first, position: await server.logPosition() },
    );
    expect(lead.duplicates.map(({ id }) => id).sort()).toEqual([sameMail, samePhone, sameName].sort());
  });
});

describe('a conversion', () => {
  it('makes an account, a contact and an opportunity, all visible through the lead in the answer', async () => {
    const pipelineId = await definePipeline(server);
    const id = await qualifiedLead(server, { phone: '+40 21 555 0100', origin: 'fair', ownerId: 'dan' });
    const { convertLead: payload } = await server.ask<{ readonly convertLead: unknown }>(
      `mutation ($input: ConvertLeadInput!) {
        convertLead(input: $input) {
          userErrors { code }
          lead {
            status
            account { name kind status ownerId industry }
            contact { name email phone jobRole ownerId account { name } }
            opportunity { name status stageName probability amount { amount currency } weightedAmount { amount } ownerId origin lead { id } account { name } contact { name } pipeline { name } }
          }
        }
      }`,
      {
        input: {
          id,
          account: { new: { industry: 'Food' } },
          contact: { new: { jobRole: 'Owner' } },
          opportunity: { pipelineId, amount: euros(50_000), stage: 'offer', expectedClose: '2030-01-31' },
        },
      },
    );
    expect(payload).toEqual({
      userErrors: [],
      lead: {
        status: 'CONVERTED',
        account: { name: 'Brutăria Ana', kind: 'COMPANY', status: 'PROSPECT', ownerId: 'dan', industry: 'Food' },
        contact: {
          name: 'Ana Pop',
          email: 'ana@example.com',
          phone: '+40 21 555 0100',
          jobRole: 'Owner',
          ownerId: 'dan',
          account: { name: 'Brutăria Ana' },
        },
        opportunity: {
          name: 'Brutăria Ana',
          status: 'OPEN',
          stageName: 'Offer',
          probability: 60,
          amount: euros(50_000),
          weightedAmount: { amount: '30000' },
          ownerId: 'dan',
          origin: 'fair',
          lead: { id },
          account: { name: 'Brutăria Ana' },
          contact: { name: 'Ana Pop' },
          pipeline: { name: 'Standard' },
        },
      },
    });
  });

  it('tells in the history of each new record who set it off and by what', async () => {
    const pipelineId = await definePipeline(server);
    const id = await qualifiedLead(server);
    const converted = await server.done(
      'convertLead',
      { id, opportunity: { pipelineId, amount: euros(1) } },
      { 'x-daybook-actor': 'dan', 'x-correlation-id': 'visit-7' },
    );
    const who = 'actorId actor { __typename id ... on Process { name } } onBehalfOfId onBehalfOf { __typename id }';
    const entry = `history { nodes { type ${who} correlationId causationId id } }`;
    type History = { readonly history: { readonly nodes: readonly { readonly id: string }[] } };
    const { lead } = await server.ask<{
      readonly lead: History & { readonly account: History; readonly contact: History; readonly opportunity: History };
    }>(
      `query ($id: ID!, $position: Position) { lead(id: $id, minPosition: $position) { ${entry} account { ${entry} } contact { ${entry} } opportunity { ${entry} } } }`,
      { id, position: converted.position },
    );
    const cause = lead.history.nodes.at(-1);
    expect(cause).toMatchObject({
      type: 'LEAD_CONVERTED',
      actorId: 'dan',
      actor: { __typename: 'User', id: 'dan' },
      correlationId: 'visit-7',
    });
    const following = {
      actorId: 'policy:leadConversion',
      actor: { __typename: 'Process', id: 'policy:leadConversion', name: 'leadConversion' },
      onBehalfOfId: 'dan',
      onBehalfOf: { __typename: 'User', id: 'dan' },
      correlationId: 'visit-7',
      causationId: cause?.id,
    };
    expect(lead.account.history.nodes).toEqual([expect.objectContaining({ type: 'ACCOUNT_REGISTERED', ...following })]);
    expect(lead.contact.history.nodes).toEqual([expect.objectContaining({ type: 'CONTACT_REGISTERED', ...following })]);
    expect(lead.opportunity.history.nodes).toEqual([expect.objectContaining({ type: 'OPPORTUNITY_OPENED', ...following })]);
  });

  it('takes an account and a contact that exist, and needs no opportunity', async () => {
    const accountId = await registerAccount(server, 'Known Ltd');
    const contactId = (await server.done('registerContact', { name: 'Ion' })).recordId;
    const id = await qualifiedLead(server);
    const query = `mutation ($input: ConvertLeadInput!) {
      convertLead(input: $input) { lead { account { id name } contact { id name } opportunity { id } } }
    }`;
    expect(await server.ask(query, { input: { id, account: { existing: accountId }, contact: { existing: contactId } } })).toEqual({
      convertLead: { lead: { account: { id: accountId, name: 'Known Ltd' }, contact: { id: contactId, name: 'Ion' }, opportunity: null } },
    });
  });

  it('registers nobody as a contact when told so', async () => {
    const id = await qualifiedLead(server);
    const query = 'mutation ($input: ConvertLeadInput!) { convertLead(input: $input) { lead { account { name } contact { id } } } }';
    expect(await server.ask(query, { input: { id, withoutContact: true } })).toEqual({
      convertLead: { lead: { account: { name: 'Brutăria Ana' }, contact: null } },
    });
  });

  it('happens once, to a qualified lead, and the lead stays as it was then', async () => {
    const pipelineId = await definePipeline(server);
    const id = await registerLead(server);
    expect(await codeOf('convertLead', { id })).toBe('LEAD_NOT_QUALIFIED');
    await server.done('qualifyLead', { id, temperature: 'WARM' });
    await convertLead(server, id, pipelineId);
    expect(await codeOf('convertLead', { id })).toBe('LEAD_CONVERTED');
    expect(await codeOf('reopenLead', { id })).toBe('LEAD_CONVERTED');
    expect(await codeOf('reviseLead', { id, name: 'Other' })).toBe('LEAD_CONVERTED');
    expect(await codeOf('assignLead', { id, ownerId: 'other' })).toBe('LEAD_CONVERTED');
  });

  it('names the field of what it can not take', async () => {
    const pipelineId = await definePipeline(server);
    const id = await qualifiedLead(server);
    const opportunity = { pipelineId, amount: euros(1) };
    const refusals: readonly (readonly [input: object, code: string, field: string])[] = [
      [{ contact: { new: { name: 'New' } }, withoutContact: true }, 'CONVERSION_AMBIGUOUS', 'withoutContact'],
      [{ account: { existing: 'nobody' } }, 'ACCOUNT_NOT_FOUND', 'account.existing'],
      [{ contact: { existing: 'nobody' } }, 'CONTACT_NOT_FOUND', 'contact.existing'],
      [{ opportunity: { ...opportunity, pipelineId: 'nowhere' } }, 'PIPELINE_NOT_FOUND', 'opportunity.pipelineId'],
      [{ opportunity: { ...opportunity, stage: 'Nowhere' } }, 'STAGE_UNKNOWN', 'opportunity.stage'],
      [{ opportunity: { ...opportunity, amount: euros(-1) } }, 'AMOUNT_NEGATIVE', 'opportunity.amount'],
      [{ opportunity: { ...opportunity, amount: { amount: '1', currency: 'USD' } } }, 'CURRENCY_MISMATCH', 'opportunity.amount'],
    ];
    const before = await server.logPosition();
    for (const [input, code, field] of refusals) {
      expect(await server.command('convertLead', { id, ...input })).toMatchObject({
        recordId: null,
        userErrors: [{ code, path: ['input', ...field.split('.')] }],
      });
    }
    expect(await server.logPosition()).toBe(before);
  });
});
