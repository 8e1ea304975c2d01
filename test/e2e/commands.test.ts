/** What holds for every command: sent twice it runs once, it can insist on a revision, it tells no future, it needs its record. */
import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { domain } from '../../src/domain.js';
import { definePipeline, qualifiedLead, registerLead } from '../support/api/funnel.js';
import { onKurrent } from '../support/engines/engines.js';
import { sharedServer } from '../support/processes/set-up.js';

const { server } = await sharedServer();

describe('a commandId', () => {
  it('makes a command run once: the second time it gives the first result, whatever happened in between', async () => {
    const commandId = randomUUID();
    const first = await server.command('registerLead', { commandId, name: 'Ana' });
    await server.done('qualifyLead', { id: first.recordId, temperature: 'HOT' });
    const before = await server.logPosition();
    expect(await server.command('registerLead', { commandId: commandId.toUpperCase(), name: 'Ana' })).toEqual(first);
    expect(await server.logPosition()).toBe(before);
  });

  it('makes one command of many that are sent at once', async () => {
    const input = { commandId: randomUUID(), name: 'Ana', origin: 'at once' };
    const payloads = await Promise.all(Array.from({ length: 20 }, async () => server.command('registerLead', input)));
    expect(new Set(payloads.map((payload) => JSON.stringify(payload)))).toHaveProperty('size', 1);
    const { leads } = await server.ask<{ readonly leads: { readonly totalCount: number } }>(
      'query ($position: Position) { leads(where: { origin: { eq: "at once" } }, minPosition: $position) { totalCount } }',
      { position: payloads[0]?.position },
    );
    expect(leads.totalCount).toBe(1);
  });

  it('repeats a conversion with the same position and nothing twice', async () => {
    const pipelineId = await definePipeline(server);
    const id = await qualifiedLead(server);
    const input = { commandId: randomUUID(), id, opportunity: { pipelineId, amount: { amount: '1', currency: 'EUR' } } };
    const first = await server.done('convertLead', input);
    const after = await server.logPosition();
    expect(await server.done('convertLead', input)).toEqual(first);
    expect(await server.logPosition()).toBe(after);
    expect(first.position).toBe(after);
  });

  it('is refused for other input, for another command, and for another record', async () => {
    const commandId = randomUUID();
    const id = await registerLead(server);
    const other = await registerLead(server);
    await server.done('assignLead', { commandId, id, ownerId: 'dan' });
    const before = await server.logPosition();
    const reused = { commandId, recordId: null, userErrors: [{ code: 'COMMAND_ID_REUSED', path: ['input', 'commandId'] }] };
    expect(await server.command('assignLead', { commandId, id, ownerId: 'maria' })).toMatchObject(reused);
    expect(await server.command('reviseLead', { commandId, id, name: 'Ana' })).toMatchObject(reused);
    expect(await server.logPosition()).toBe(before);
    // EventStoreDB compares ids within a stream: there it is a command of its own, as docs/engines.md says.
    const elsewhere = onKurrent ? { commandId, userErrors: [] } : reused;
    expect(await server.command('assignLead', { commandId, id: other, ownerId: 'dan' })).toMatchObject(elsewhere);
    expect(await server.command('registerLead', { commandId, name: 'New' })).toMatchObject(elsewhere);
    expect((await server.logPosition()) === before).toBe(!onKurrent);
  });

  it('is made by the server when absent, and told even when a rule says no', async () => {
    const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(await server.command('registerLead', { name: 'Ana' })).toMatchObject({ commandId: uuid, userErrors: [] });
    const commandId = randomUUID();
    expect(await server.command('reopenLead', { commandId, id: 'nobody' })).toMatchObject({
      commandId,
      userErrors: [{ code: 'LEAD_NOT_FOUND' }],
    });
  });
});

describe('expectedRevision', () => {
  it('refuses a record that has moved on, and writes nothing', async () => {
    const id = await registerLead(server);
    await server.done('assignLead', { id, ownerId: 'dan', expectedRevision: 0 });
    const before = await server.logPosition();
    expect(await server.command('assignLead', { id, ownerId: 'maria', expectedRevision: 0 })).toMatchObject({
      revision: null,
      userErrors: [{ code: 'STALE_REVISION', path: ['input', 'expectedRevision'], message: expect.stringContaining('revision 1') }],
    });
    expect(await server.logPosition()).toBe(before);
    expect(await server.done('assignLead', { id, ownerId: 'maria', expectedRevision: 1 })).toMatchObject({ revision: 2 });
  });

  it('lets one of two who saw the same revision through', async () => {
    const id = await registerLead(server);
    const payloads = await Promise.all(
      ['dan', 'maria', 'ion'].map(async (owner) => server.command('assignLead', { id, ownerId: owner, expectedRevision: 0 })),
    );
    const codes = payloads.flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
    expect(codes).toEqual(['STALE_REVISION', 'STALE_REVISION']);
  });

  it('may be left out: then each is decided on the record as it is', async () => {
    const id = await registerLead(server);
    const owners = ['dan', 'maria', 'ion', 'eva', 'radu', 'ilie'];
    const payloads = await Promise.all(owners.map(async (owner) => server.done('assignLead', { id, ownerId: owner })));
    expect(payloads.map(({ revision }) => revision).sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('occurredAt', () => {
  it('may be in the past, in any zone, and never in the future', async () => {
    const id = await registerLead(server, { occurredAt: '2020-02-29T23:30:00-02:00' });
    const { lead } = await server.ask<{ readonly lead: unknown }>(
      'query ($id: ID!, $position: Position) { lead(id: $id, minPosition: $position) { createdAt history { nodes { occurredAt } } } }',
      { id, position: await server.logPosition() },
    );
    expect(lead).toEqual({ createdAt: '2020-03-01T01:30:00.000Z', history: { nodes: [{ occurredAt: '2020-03-01T01:30:00.000Z' }] } });
    const before = await server.logPosition();
    expect(await server.command('assignLead', { id, ownerId: 'dan', occurredAt: '2100-01-01T00:00:00Z' })).toMatchObject({
      userErrors: [{ code: 'OCCURRED_IN_FUTURE', path: ['input', 'occurredAt'] }],
    });
    expect(await server.logPosition()).toBe(before);
  });
});

describe('a record that does not exist', () => {
  const changing = [
    ['reviseLead', {}, 'LEAD_NOT_FOUND'],
    ['assignLead', { ownerId: 'dan' }, 'LEAD_NOT_FOUND'],
    ['qualifyLead', { temperature: 'HOT' }, 'LEAD_NOT_FOUND'],
    ['disqualifyLead', { reason: 'NO_NEED' }, 'LEAD_NOT_FOUND'],
    ['reopenLead', {}, 'LEAD_NOT_FOUND'],
    ['convertLead', {}, 'LEAD_NOT_FOUND'],
    ['revisePipeline', {}, 'PIPELINE_NOT_FOUND'],
    ['retirePipeline', {}, 'PIPELINE_NOT_FOUND'],
    ['reviseOpportunity', {}, 'OPPORTUNITY_NOT_FOUND'],
    ['assignOpportunity', { ownerId: 'dan' }, 'OPPORTUNITY_NOT_FOUND'],
    ['advanceOpportunity', { stage: 'Offer' }, 'OPPORTUNITY_NOT_FOUND'],
    ['winOpportunity', {}, 'OPPORTUNITY_NOT_FOUND'],
    ['loseOpportunity', { reason: 'price' }, 'OPPORTUNITY_NOT_FOUND'],
    ['reopenOpportunity', {}, 'OPPORTUNITY_NOT_FOUND'],
    ['reviseAccount', {}, 'ACCOUNT_NOT_FOUND'],
    ['assignAccount', { ownerId: 'dan' }, 'ACCOUNT_NOT_FOUND'],
    ['reviseContact', {}, 'CONTACT_NOT_FOUND'],
    ['assignContact', { ownerId: 'dan' }, 'CONTACT_NOT_FOUND'],
    ['eraseLead', { ground: 'REQUEST' }, 'LEAD_NOT_FOUND'],
    ['eraseAccount', { ground: 'REQUEST' }, 'ACCOUNT_NOT_FOUND'],
    ['eraseContact', { ground: 'REQUEST' }, 'CONTACT_NOT_FOUND'],
    ['settleErasureReview', { outcome: 'EMPTIED' }, 'ERASURE_REVIEW_NOT_FOUND'],
  ] as const;

  it.each(changing)('is not found by %s', async (command, input, code) => {
    expect(await server.command(command, { id: 'nobody', ...input })).toMatchObject({
      recordId: null,
      userErrors: [{ code, path: ['input', 'id'] }],
    });
  });

  it('stands for every command that there is', () => {
    // A new command on a record belongs into the list above, unless the API does not offer it as it is.
    const notSo = ['system', 'operate', 'eraseText'];
    const others = domain.commands.filter(({ creates, verb }) => !creates && !notSo.includes(verb));
    expect(changing.map(([name]) => name).sort()).toEqual(others.map(({ name }) => `${name[0]?.toLowerCase()}${name.slice(1)}`).sort());
  });
});
