/** Requests that are wrong: a clear error that names the field, the right status, nothing of the inside, and nothing written. */
import { beforeAll, beforeEach, afterEach, describe, expect, it } from '@jest/globals';
import { definePipeline, registerLead } from '../support/api/funnel.js';
import type { Answer } from '../support/api/graphql-client.js';
import { startServer } from '../support/processes/server.js';
import { sharedFolder } from '../support/folder.js';
import { sharedServer } from '../support/processes/set-up.js';

const { server } = await sharedServer();
const large = sharedFolder();
let before: string;

beforeAll(async () => {
  await registerLead(server, { id: 'ana' });
  await definePipeline(server, { id: 'p1' });
});

beforeEach(async () => {
  before = await server.logPosition();
});

afterEach(async () => {
  expect(await server.logPosition()).toBe(before);
});

/** Nothing that only the inside knows: stacks, files, drivers, statements. */
const expectDiscreet = ({ text }: Answer): void => {
  expect(text).not.toMatch(/node_modules|\.js:\d|\bat \w+ \(|stacktrace|sqlite|SELECT |daybook-test-|<html/i);
  expect(text.length).toBeLessThan(20_000);
};

const mutation = (command: string): string => {
  const type = `${command.charAt(0).toUpperCase()}${command.slice(1)}Input`;
  return `mutation ($input: ${type}!) { ${command}(input: $input) { recordId userErrors { code } } }`;
};

const problemsOf = ({ errors }: Answer): unknown => errors.flatMap(({ extensions }) => extensions?.['problems'] ?? []);
const codesOf = ({ errors }: Answer): unknown => errors.map(({ extensions }) => extensions?.['code']);

describe('a command in variables', () => {
  it.each<[string, string, object, string, number]>([
    ['an unknown field', 'registerLead', { name: 'Ana', nick: 'A' }, 'nick', 400],
    ['a wrong type', 'registerLead', { name: 12 }, 'name', 400],
    ['a list for a text', 'registerLead', { name: ['Ana'] }, 'name', 400],
    ['a missing field', 'registerLead', {}, 'name', 400],
    ['null for a required field', 'registerLead', { name: null }, 'name', 400],
    ["an enum's wrong value", 'qualifyLead', { id: 'ana', temperature: 'BOILING' }, 'temperature', 400],
    ["an enum's value in the wrong case", 'qualifyLead', { id: 'ana', temperature: 'hot' }, 'temperature', 400],
    ['a fraction', 'qualifyLead', { id: 'ana', temperature: 'HOT', score: 1.5 }, 'score', 400],
    ['a number out of range', 'qualifyLead', { id: 'ana', temperature: 'HOT', score: 101 }, 'score', 200],
    [
      'a wrong field deep inside',
      'definePipeline',
      { name: 'P', currency: 'EUR', stages: [{ name: 'A', probability: '5' }], lossReasons: ['x'] },
      'stages.0.probability',
      400,
    ],
    [
      'a number out of range deep inside',
      'definePipeline',
      { name: 'P', currency: 'EUR', stages: [{ name: 'A', probability: 100 }], lossReasons: ['x'] },
      'stages.0.probability',
      200,
    ],
    ['a fraction of a cent', 'reviseOpportunity', { id: 'o', amount: { amount: 1.5, currency: 'EUR' } }, 'amount.amount', 400],
    [
      'an amount beyond what is exact',
      'reviseOpportunity',
      { id: 'o', amount: { amount: '9007199254740992', currency: 'EUR' } },
      'amount.amount',
      400,
    ],
    ['a currency that is none', 'reviseOpportunity', { id: 'o', amount: { amount: '1', currency: 'eur' } }, 'amount.currency', 400],
    ['an instant without a zone', 'assignLead', { id: 'ana', ownerId: 'dan', occurredAt: '2024-01-01T00:00:00' }, 'occurredAt', 400],
    [
      'an instant on a day that never was',
      'assignLead',
      { id: 'ana', ownerId: 'dan', occurredAt: '2023-02-29T00:00:00Z' },
      'occurredAt',
      400,
    ],
    ['a day that never was', 'winOpportunity', { id: 'o', wonOn: '2024-02-30' }, 'wonOn', 400],
    ['empty text', 'registerLead', { name: '  ' }, 'name', 200],
    ['text that is too long', 'registerLead', { name: 'x'.repeat(201) }, 'name', 200],
    ['text as long as a body may be', 'registerLead', { name: 'x'.repeat(900_000) }, 'name', 200],
    ['a control character', 'registerLead', { name: 'A\u0000na' }, 'name', 200],
    ['half of a character', 'registerLead', { name: 'A\ud800na' }, 'name', 200],
    ['an e-mail address that is none', 'registerLead', { name: 'Ana', email: 'ana(at)example.com' }, 'email', 200],
    ['a phone number that is none', 'registerLead', { name: 'Ana', phone: 'call me' }, 'phone', 200],
    ['an id that is none', 'assignLead', { id: "' OR 1=1 --", ownerId: 'dan' }, 'id', 200],
    ['a user id that is none', 'assignLead', { id: 'ana', ownerId: 'Dan Pop' }, 'ownerId', 200],
    ['a commandId that is none', 'assignLead', { id: 'ana', ownerId: 'dan', commandId: '1' }, 'commandId', 200],
    ['a revision below zero', 'assignLead', { id: 'ana', ownerId: 'dan', expectedRevision: -1 }, 'expectedRevision', 200],
    ['a list that is too long', 'registerAccount', { name: 'A', tags: Array.from({ length: 51 }, (_, i) => `t${i}`) }, 'tags', 200],
  ])('is refused with %s', async (_, command, input, field, status) => {
    const answer = await server.request(mutation(command), { input });
    expect(answer.status).toBe(status);
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
    expect(problemsOf(answer)).toEqual([
      { path: ['input', ...field.split('.')], message: expect.stringContaining(field.split('.').at(-1) ?? '') },
    ]);
    expectDiscreet(answer);
  });

  it('tells all that is wrong at once', async () => {
    const answer = await server.request(mutation('registerLead'), { input: { name: '', email: 'x', phone: 'x', commandId: 'x' } });
    expect(problemsOf(answer)).toEqual(
      ['commandId', 'name', 'email', 'phone'].map((field) => ({ path: ['input', field], message: expect.any(String) })),
    );
  });

  it('is refused when there is none', async () => {
    const answer = await server.request(mutation('registerLead'), {});
    expect(answer.status).toBe(400);
    expect(problemsOf(answer)).toMatchObject([{ path: ['input'] }]);
  });
});

describe('a command in the query', () => {
  it.each<[string, string, string]>([
    ['an unknown field', 'registerLead(input: { name: "Ana", nick: "A" })', 'nick'],
    ['a wrong type', 'registerLead(input: { name: 12 })', 'name'],
    ['a missing field', 'registerLead(input: { company: "A" })', 'name'],
    ["an enum's wrong value", 'qualifyLead(input: { id: "ana", temperature: BOILING })', 'temperature'],
    ['an instant that is none', 'assignLead(input: { id: "ana", ownerId: "dan", occurredAt: "yesterday" })', 'occurredAt'],
    ['a wrong field deep inside', 'reviseOpportunity(input: { id: "o", amount: { amount: "1.5", currency: "EUR" } })', 'amount.amount'],
  ])('is refused with %s', async (_, command, field) => {
    const answer = await server.request(`mutation { ${command} { recordId } }`);
    expect(answer.status).toBe(400);
    expect(codesOf(answer)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    expect(problemsOf(answer)).toEqual([
      { path: ['input', ...field.split('.')], message: expect.stringContaining(field.split('.').at(-1) ?? '') },
    ]);
    expect(answer.errors[0]).toHaveProperty('locations');
    expectDiscreet(answer);
  });
});

describe('a query', () => {
  it.each<[string, string, string]>([
    ['a filter by an unknown column', '{ leads(where: { shoeSize: { eq: 1 } }) { nodes { id } } }', 'where.shoeSize'],
    ['an unknown operator', '{ leads(where: { status: { like: "x" } }) { nodes { id } } }', 'where.status.like'],
    ['a wrong type in a filter', '{ leads(where: { origin: { eq: 1 } }) { nodes { id } } }', 'where.origin.eq'],
    [
      'a day that is none in a filter',
      '{ opportunities(where: { expectedClose: { eq: "2024-13-01" } }) { nodes { id } } }',
      'where.expectedClose.eq',
    ],
    ['an order by an unknown column', '{ leads(orderBy: [{ field: SHOE_SIZE }]) { nodes { id } } }', 'orderBy.0.field'],
    ['a moment that is none', '{ leads(asOf: { time: "2024-01-01" }) { nodes { id } } }', 'asOf.time'],
    ['a position below zero', '{ leads(minPosition: "-1") { nodes { id } } }', 'minPosition'],
    ['a position beyond all', '{ leads(asOf: { position: "99999999999999999999" }) { nodes { id } } }', 'asOf.position'],
    ['text for a number', '{ leads(first: "ten") { nodes { id } } }', 'first'],
    ['an unknown argument', '{ leads(last: 10) { nodes { id } } }', 'last'],
  ])('is refused with %s', async (_, query, field) => {
    const answer = await server.request(query);
    expect(answer.status).toBe(400);
    expect(problemsOf(answer)).toEqual([{ path: field.split('.'), message: expect.stringContaining(field.split('.').at(-1) ?? '') }]);
    expectDiscreet(answer);
  });

  it.each<[string, object, string]>([
    ['too many values', { origin: { in: Array.from({ length: 501 }, String) } }, 'where.origin.in'],
    ['nothing to compare with', { origin: { lt: null } }, 'where.origin.lt'],
    ['too much nesting', Array.from({ length: 10 }).reduce<object>((not) => ({ not }), { status: { eq: 'OPEN' } }), 'where'],
  ])('is refused with a filter of %s', async (_, where, field) => {
    const answer = await server.request('query ($where: LeadWhere) { leads(where: $where) { nodes { id } } }', { where });
    expect(answer.data).toEqual({ leads: null });
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
    expect(problemsOf(answer)).toMatchObject([{ path: field.split('.') }]);
  });

  it('survives variables that are nested without end', async () => {
    const where = Array.from({ length: 5_000 }).reduce<string>((not) => `{"not":${not}}`, '{}');
    const answer = await server.send(
      `{"query":"query ($where: LeadWhere) { leads(where: $where) { nodes { id } } }","variables":{"where":${where}}}`,
    );
    expect(answer.status).toBe(400);
    expect(answer.errors).toMatchObject([{ message: expect.stringContaining('too deeply'), extensions: { code: 'BAD_USER_INPUT' } }]);
    expectDiscreet(answer);
  });

  it('for as many records as a page may have, with all that they know, is answered', async () => {
    const lead = `id name company status email phone phoneDigits interest origin campaignId temperature score budget authority need timing disqualificationReason
      disqualificationNote accountId contactId opportunityId ownerId createdAt updatedAt revision`;
    const event =
      'id type version revision position occurredAt recordedAt importedAt actorId onBehalfOfId commandId correlationId causationId data changes { field before after }';
    await server.ask(
      `{ leads(first: 500) { totalCount edges { cursor node { ${lead} account { id name } contact { id name } opportunity { id name amount { amount currency } } } } } }`,
    );
    await server.ask(`{ lead(id: "ana") { ${lead} history(first: 500) { nodes { ${event} } } } }`);
  });

  it('that asks for an unknown field is told what there is instead', async () => {
    const answer = await server.request('{ leads { nodes { nam } } }');
    expect(answer.status).toBe(400);
    expect(answer.errors).toMatchObject([
      { message: expect.stringMatching(/"nam".*"name"/), extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
  });

  it('takes what looks like SQL for the text that it is', async () => {
    const text = `'; DROP TABLE events; --"`;
    const answer = await server.request(
      'query ($t: String!, $id: ID!) { lead(id: $id) { id } leads(search: $t, where: { origin: { contains: $t } }) { totalCount } }',
      { t: text, id: text },
    );
    expect(answer.errors).toEqual([]);
    expect(answer.data).toEqual({ lead: null, leads: { totalCount: 0 } });
  });

  it.each<[string, string, string]>([
    ['a filter', '{ leads(where: { name: { startsWith: "An\\u0000x" } }) { totalCount } }', 'where.name.startsWith'],
    ['one of several values', '{ leads(where: { or: [{ ownerId: { in: ["ion", "ana\\u0000"] } }] }) { totalCount } }', 'where.ownerId.in'],
    ['an id', '{ lead(id: "ana\\u0000x") { id } }', 'id'],
    ['the id of a history', '{ history(recordType: LEAD, recordId: "ana\\u0000x") { nodes { id } } }', 'recordId'],
    ['a search', '{ leads(search: "an\\u0000x") { totalCount } }', 'search'],
  ])('with a character U+0000 in %s is refused by name', async (_, query, field) => {
    const answer = await server.request(query);
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
    expect(problemsOf(answer)).toEqual([{ path: field.split('.'), message: expect.stringContaining('U+0000') }]);
    expectDiscreet(answer);
  });

  it('whose answer would hold too much is refused, though its variables alone say how much', async () => {
    const other = await startServer(large.path);
    for (let n = 0; n < 60; n++) await registerLead(other, { name: `Lead ${n}`, email: 'ana@example.com' });
    const minPosition = await other.logPosition();
    await other.ask('query ($minPosition: Position) { leads(first: 1, minPosition: $minPosition) { totalCount } }', { minPosition });
    const query = (levels: number): string =>
      `query ($n: Int! = 500, $minPosition: Position) { leads(first: $n, minPosition: $minPosition) {
        nodes { ${'duplicates(first: $n) { '.repeat(levels)} id ${'}'.repeat(levels)} } } }`;
    for (const variables of [{ minPosition }, { minPosition, n: 500 }]) {
      const answer = await other.request(query(3), variables);
      expect(codesOf(answer)).toEqual(['ANSWER_TOO_LARGE']);
      expect(answer.data).toBeNull();
    }
    expect((await other.request(query(1), { minPosition })).errors).toEqual([]);
    await other.stop();
  });

  const deep = `{ lead(id: "ana") ${'{ opportunity { lead '.repeat(8)} { id } ${'} }'.repeat(8)} }`;
  it.each<[string, string, string, RegExp]>([
    ['too deep', deep, 'GRAPHQL_VALIDATION_FAILED', /depth limit of 12/],
    [
      'of too many aliases',
      `{ ${Array.from({ length: 31 }, (_, i) => `a${i}: logPosition`).join(' ')} }`,
      'GRAPHQL_VALIDATION_FAILED',
      /aliases limit of 30/i,
    ],
    ['of too many tokens', `{ leads { nodes { ${'id '.repeat(2_000)} } } }`, 'GRAPHQL_PARSE_FAILED', /2000 tokens/],
    [
      'of too many directives',
      `{ ${Array.from({ length: 31 }, () => '... @include(if: true) { logPosition }').join(' ')} }`,
      'GRAPHQL_VALIDATION_FAILED',
      /directives limit of 30/i,
    ],
    [
      'too costly',
      `{ ${Array.from({ length: 30 }, (_, i) => `a${i}: leads(first: 500) { nodes { id name history { nodes { id type } } } }`).join(' ')} }`,
      'GRAPHQL_VALIDATION_FAILED',
      /cost limit of 100000/i,
    ],
    ['cut short', '{ leads { nodes { id }', 'GRAPHQL_PARSE_FAILED', /Syntax Error/],
    ['empty', '', 'BAD_REQUEST', /query|body/i],
  ])('that is %s is refused', async (_, query, code, message) => {
    const answer = await server.request(query);
    expect(answer.status).toBe(400);
    expect(answer.errors[0]?.message).toMatch(message);
    expect(codesOf(answer)).toEqual([code]);
    expectDiscreet(answer);
  });
});

describe('a request', () => {
  it('with a text of 5 MB is told the limit', async () => {
    const answer = await server.request(mutation('registerLead'), { input: { name: 'x'.repeat(5_000_000) } });
    expect(answer.status).toBe(413);
    expect(answer.errors).toEqual([{ message: expect.stringContaining('1000000 bytes'), extensions: { code: 'BODY_TOO_LARGE' } }]);
    expectDiscreet(answer);
  });

  it.each<[string, string]>([
    ['that is not JSON', '{"query": "{ logPosition'],
    ['without a body', ''],
    ['without a query', '{}'],
    ['whose query is a number', '{"query": 5}'],
    ['whose variables are a list', '{"query": "{ logPosition }", "variables": [1]}'],
    ['that is a batch', '[{"query":"{ logPosition }"},{"query":"{ logPosition }"}]'],
    ['that reaches for prototypes', '{"query":"{ logPosition }","variables":{"__proto__":{"x":1}}}'],
  ])('%s is refused', async (_, body) => {
    const answer = await server.send(body);
    expect(answer.status).toBe(400);
    expect(answer.errors).toMatchObject([{ message: expect.stringMatching(/\w+ \w+/), extensions: { code: 'BAD_REQUEST' } }]);
    expectDiscreet(answer);
  });

  it('from a page of another site is refused: it can send no header of its own', async () => {
    const query = encodeURIComponent('{ logPosition }');
    for (const answer of [
      await server.get(`/graphql?query=${query}`),
      await server.send('{"query":"{ logPosition }"}', { 'content-type': 'text/plain' }),
      await server.send(`query=${query}`, { 'content-type': 'application/x-www-form-urlencoded' }),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.errors).toMatchObject([{ message: expect.stringContaining('apollo-require-preflight') }]);
    }
    const allowed = await server.get(`/graphql?query=${query}`, { 'apollo-require-preflight': 'yes' });
    expect(allowed).toMatchObject({ status: 200, data: { logPosition: before } });
  });

  it('that changes something can not be a GET', async () => {
    const query = encodeURIComponent('mutation { registerLead(input: { name: "Ana" }) { recordId } }');
    expect(await server.get(`/graphql?query=${query}`, { 'apollo-require-preflight': 'yes' })).toMatchObject({ status: 405 });
  });

  it.each([
    ['x-daybook-actor', 'Ana Pop', /x-daybook-actor must be a user id/],
    ['x-daybook-actor', `a${'b'.repeat(100)}`, /x-daybook-actor must be a user id/],
    ['x-correlation-id', 'not an id', /x-correlation-id must be an id/],
  ])('with a wrong header %s is refused', async (header, value, message) => {
    const answer = await server.request(mutation('registerLead'), { input: { name: 'Ana' } }, { [header]: value });
    expect(answer.status).toBe(400);
    expect(answer.errors).toMatchObject([{ message: expect.stringMatching(message), extensions: { code: 'BAD_REQUEST' } }]);
    expectDiscreet(answer);
  });

  it('for a path that is not there is not found', async () => {
    const answer = await server.get('/nowhere');
    expect(answer).toMatchObject({ status: 404, errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    expectDiscreet(answer);
  });

  it('is answered in the media type of GraphQL over HTTP when asked for it', async () => {
    const answer = await server.request('{ logPosition }', {}, { accept: 'application/graphql-response+json' });
    expect(answer.headers.get('content-type')).toMatch(/^application\/graphql-response\+json/);
    expect(answer).toMatchObject({ status: 200, data: { logPosition: before } });
  });
});
