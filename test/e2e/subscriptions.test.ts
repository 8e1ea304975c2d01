/** Subscriptions over a real websocket: resumed without gap or double, at the client's pace, within limits, and ended in peace. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { definePipeline, openOpportunity, registerLead } from '../support/api/funnel.js';
import { logIn } from '../support/engines/engines.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import type { GraphqlFailure } from '../support/api/graphql-client.js';
import { startKurrentServer } from '../support/engines/kurrent.js';
import { allEvents, noted } from '../support/log/log-events.js';
import { startServer, type Server } from '../support/processes/server.js';
import { closingOf, openSocket, SocketClient } from '../support/api/socket-client.js';
import { sharedServer } from '../support/processes/set-up.js';

interface Event {
  readonly position: string;
  readonly type: string;
  readonly recordType: string;
  readonly recordId: string;
  readonly actorId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Events {
  readonly events: Event;
}

const EVENTS = `subscription ($after: Position, $types: [EventType!]) {
  events(after: $after, types: $types) { position type recordType recordId actorId data }
}`;

/** The server of tests that write nothing, or for which it doesn't matter what others wrote. */
const { server: shared } = await sharedServer();
let server: Server;
let folder: Folder;
const clients: SocketClient[] = [];

beforeEach(() => {
  folder = temporaryFolder();
  server = shared;
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  if (server !== shared) await server.stop('SIGKILL');
  folder.remove();
});

/** A server of the test's own. */
const start = async (settings: Readonly<Record<string, string>> = {}): Promise<void> => {
  server = await startServer(folder.path, settings);
};

const open = (...args: ConstructorParameters<typeof SocketClient> | []): SocketClient => {
  const [url = server.url, options] = args;
  const client = new SocketClient(url, options);
  clients.push(client);
  return client;
};

const codesOf = (errors: readonly GraphqlFailure[]): unknown => errors.map(({ extensions }) => extensions?.['code']);
const positionsOf = (events: readonly Events[]): readonly string[] => events.map(({ events: { position } }) => position);

/** Registers leads under these names, one after the other. */
const registerLeads = async (...names: readonly string[]): Promise<void> => {
  for (const name of names) await registerLead(server, { name });
};

/** The positions of all events of the test's own server. */
const positionsInLog = async (): Promise<readonly string[]> => {
  const log = await logIn(folder.path);
  const events = await allEvents(log);
  await log.close();
  return events.map(({ position }) => String(position));
};

/** Waits until something that the server counts stands at a number. */
const untilCounted = async (metric: string, count: number): Promise<void> => {
  while (!(await server.get('/metrics')).text.includes(`\n${metric} ${count}\n`)) await sleep(25);
};

describe('events', () => {
  it('gives what was recorded before and then what is recorded, in order, each with its position', async () => {
    await start();
    await registerLeads('Ana', 'Ion');
    const events = open().subscribe<Events>(EVENTS, { after: '0' });
    const before = await events.take(2);
    await registerLeads('Mara');
    const all = [...before, await events.next()];
    expect(all.map(({ events: { data } }) => data['name'])).toEqual(['Ana', 'Ion', 'Mara']);
    expect(positionsOf(all)).toEqual(await positionsInLog());
    expect(all[0]?.events).toMatchObject({ type: 'LEAD_REGISTERED', recordType: 'LEAD', actorId: 'local' });
  });

  it('begins now when no position is given, and gives the named types only', async () => {
    await start();
    const write = async (name: string): Promise<void> => {
      await server.done('registerAccount', { name });
      await server.done('registerContact', { firstName: name });
    };
    await write('Before');
    const client = open();
    const contact = client.subscribe<Events>(EVENTS, { types: ['CONTACT_REGISTERED'] }).next();
    const account = client.subscribe<Events>(EVENTS, { types: ['ACCOUNT_REGISTERED'] }).next();
    // Now is when the server takes it up, of which a client is told nothing: it may be after what is written first.
    const told = Promise.all([contact, account]);
    for (let waiting = true; waiting;) {
      await write('After');
      waiting = await Promise.race([told.then(() => false), sleep(100, true)]);
    }
    const [first, second] = await told;
    expect(first.events).toMatchObject({ recordType: 'CONTACT', data: { firstName: 'After' } });
    expect(second.events).toMatchObject({ recordType: 'ACCOUNT', data: { name: 'After' } });
  });

  it('is resumed without gap or double while others write, though the server was killed in between', async () => {
    await start();
    const seen: string[] = [];
    const read = async (count: number): Promise<void> => {
      const events = open().subscribe<Events>(EVENTS, { after: seen.at(-1) ?? '0' });
      seen.push(...positionsOf(await events.take(count)));
    };
    const names = (from: number): string[] => Array.from({ length: 20 }, (_, index) => `Lead ${from + index}`);
    await Promise.all([registerLeads(...names(0)), read(13)]);
    await server.stop('SIGKILL');
    await start();
    await Promise.all([registerLeads(...names(20)), read(20)]);
    await server.stop();
    await start();
    await Promise.all([registerLeads(...names(40)), read(27)]);
    expect(seen).toHaveLength(60);
    expect(seen).toEqual(await positionsInLog());
  });

  it('shows an event as its record’s history does, to whom the websocket says it is for', async () => {
    const events = open(server.url, { params: { 'x-daybook-actor': 'mara' } }).subscribe<Events>(EVENTS, {
      after: await server.logPosition(),
    });
    const id = await registerLead(server, { name: 'Ana', email: 'ana@example.com' });
    const { data, actorId } = (await events.next()).events;
    const query = `{ history(recordType: LEAD, recordId: "${id}") { nodes { data actorId } } }`;
    expect((await server.request(query)).data).toEqual({ history: { nodes: [{ data, actorId }] } });
  });

  it('goes on behind an event of a version that this program does not know, shown as it stands, and so does the history', async () => {
    await start();
    const id = await registerLead(server, { name: 'Ana' });
    const log = await logIn(folder.path);
    await log.append({ type: 'lead', id }, 0, [{ ...noted({ ownerId: 'bob', since: 'later' }, { type: 'LeadAssigned' }), version: 99 }]);
    await log.close();
    await server.done('registerLead', { name: 'Ion' });
    const events = open().subscribe<{ readonly events: Event & { readonly version: number } }>(
      'subscription { events(after: "0") { position type recordType recordId actorId data version } }',
    );
    const told = (await events.take(3)).map(({ events: { type, version, data } }) => ({ type, version, data }));
    expect(told).toMatchObject([
      { type: 'LEAD_REGISTERED' },
      { type: 'LEAD_ASSIGNED', version: 99, data: { ownerId: 'bob', since: 'later' } },
      { type: 'LEAD_REGISTERED' },
    ]);
    const query = `{ history(recordType: LEAD, recordId: "${id}") { nodes { type version data changes { field } } } }`;
    expect((await server.request(query)).data).toMatchObject({
      history: {
        nodes: [{ type: 'LEAD_REGISTERED' }, { type: 'LEAD_ASSIGNED', version: 99, data: { ownerId: 'bob', since: 'later' }, changes: [] }],
      },
    });
  });

  it.each<[string, object, string, string]>([
    ['a position beyond the end', { after: String(Number.MAX_SAFE_INTEGER) }, 'BAD_USER_INPUT', 'after'],
    ['no position', { after: 'x' }, 'BAD_USER_INPUT', 'after'],
    ['no types', { types: [] }, 'BAD_USER_INPUT', 'types'],
    ['an unknown type', { types: ['LEAD_FORGOTTEN'] }, 'BAD_USER_INPUT', 'types.0'],
  ])('refuses %s by name', async (_, variables, code, field) => {
    const { errors } = await open()
      .subscribe(EVENTS, { ...variables })
      .untilRefused();
    expect(codesOf(errors)).toEqual([code]);
    expect(errors[0]?.extensions?.['problems']).toEqual([
      { path: field.split('.'), message: expect.stringContaining(field.split('.')[0] ?? '') },
    ]);
  });
});

interface LeadChange {
  readonly leadChanged: {
    readonly position: string;
    readonly id: string;
    readonly lead: { readonly id: string; readonly name: string; readonly status: string } | null;
  };
}

const CHANGES = `subscription ($after: Position, $where: LeadConditions) {
  leadChanged(after: $after, where: $where) { position id lead { id name status } }
}`;

describe('leadChanged', () => {
  const isOpen = { status: { eq: 'OPEN' } };

  it('tells of each lead that comes to match, changes while it does, and ceases to, once queries show it', async () => {
    await start();
    const changes = open().subscribe<LeadChange>(CHANGES, { where: isOpen, after: '0' });
    const next = async (): Promise<unknown> => (await changes.next()).leadChanged.lead;
    const id = await registerLead(server, { name: 'Ana' });
    const { leadChanged } = await changes.next();
    expect(leadChanged).toEqual({ position: await server.logPosition(), id, lead: { id, name: 'Ana', status: 'OPEN' } });
    expect((await server.request('{ leads(where: { status: { eq: OPEN } }) { nodes { id } } }')).data).toEqual({
      leads: { nodes: [{ id }] },
    });
    await server.done('reviseLead', { id, name: 'Ana Pop' });
    expect(await next()).toEqual({ id, name: 'Ana Pop', status: 'OPEN' });
    await server.done('disqualifyLead', { id, reason: 'NO_INTEREST' });
    expect(await next()).toBeNull();
    await server.done('reviseLead', { id, name: 'Ana Ionescu' });
    const other = await registerLead(server, { name: 'Mara' });
    expect(await next()).toEqual({ id: other, name: 'Mara', status: 'OPEN' });
    await server.done('reopenLead', { id });
    expect(await next()).toEqual({ id, name: 'Ana Ionescu', status: 'OPEN' });
  });

  it('tells several changes of one lead as one when it catches up', async () => {
    await start();
    const id = await registerLead(server, { name: 'Ana' });
    await registerLead(server, { name: 'Ion' });
    await server.done('qualifyLead', { id, temperature: 'HOT' });
    await server.done('reviseLead', { id, name: 'Ana Pop' });
    const changes = open().subscribe<LeadChange>(CHANGES, { after: '0' });
    const names = (await changes.take(2)).map(({ leadChanged: { lead } }) => lead?.name);
    expect(names).toEqual(['Ana Pop', 'Ion']);
  });

  it('keeps a copy equal to the list, resumed wherever it was cut off, while others write', async () => {
    await start();
    const copy = new Map<string, unknown>();
    let after = '0';
    const read = async (count: number): Promise<void> => {
      const client = open();
      const changes = client.subscribe<LeadChange>(CHANGES, { after, where: isOpen });
      for (const { leadChanged } of await changes.take(count)) {
        after = leadChanged.position;
        if (leadChanged.lead) copy.set(leadChanged.id, leadChanged.lead);
        else copy.delete(leadChanged.id);
      }
      await client.close();
    };
    const write = async (): Promise<void> => {
      const ids: string[] = [];
      for (let index = 0; index < 12; index++) ids.push(await registerLead(server, { name: `Lead ${index}` }));
      for (const id of ids.slice(0, 7)) await server.done('disqualifyLead', { id, reason: 'NO_INTEREST' });
      for (const id of ids.slice(0, 3)) await server.done('reopenLead', { id });
      for (const id of ids.slice(2, 4)) await server.done('reviseLead', { id, name: `Revised ${id}` });
    };
    await write();
    await read(2);
    await Promise.all([write(), read(5)]);
    await server.stop('SIGKILL');
    await start();
    await Promise.all([write(), read(3)]);
    // The last word: when this one is told, everything before has been.
    const last = await registerLead(server, { name: 'last' });
    while (!copy.has(last)) await read(1);
    const query = 'query ($where: LeadWhere) { leads(where: $where, first: 500) { nodes { id name status } } }';
    const listed = await server.ask<{ leads: { nodes: { id: string }[] } }>(query, { where: isOpen });
    const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
    expect([...copy.values()].sort((a, b) => byId(a as { id: string }, b as { id: string }))).toEqual(listed.leads.nodes.sort(byId));
  });

  it('shows what the record refers to as it is at that moment, in every message anew', async () => {
    await start();
    const pipelineId = await definePipeline(server);
    const id = await openOpportunity(server, pipelineId);
    const query = 'subscription { opportunityChanged(after: "0") { opportunity { name account { name } } } }';
    const changes = open().subscribe<{ opportunityChanged: unknown }>(query);
    expect((await changes.next()).opportunityChanged).toEqual({ opportunity: { name: 'Bread', account: { name: 'Brutăria Ana' } } });
    const { opportunity } = await server.ask<{ opportunity: { accountId: string } }>(`{ opportunity(id: "${id}") { accountId } }`);
    await server.done('reviseAccount', { id: opportunity.accountId, name: 'Moara' });
    await server.done('reviseOpportunity', { id, name: 'Cake' });
    expect((await changes.next()).opportunityChanged).toEqual({ opportunity: { name: 'Cake', account: { name: 'Moara' } } });
  });

  it('is told beside the events themselves on one websocket', async () => {
    await start();
    const client = open();
    const changes = client.subscribe<LeadChange>(CHANGES, { after: '0' });
    const events = client.subscribe<Events>(EVENTS, { after: '0' });
    const id = await registerLead(server, { name: 'Ana' });
    const position = await server.logPosition();
    expect((await changes.next()).leadChanged).toEqual({ position, id, lead: { id, name: 'Ana', status: 'OPEN' } });
    expect((await events.next()).events).toMatchObject({ position, recordId: id, type: 'LEAD_REGISTERED' });
  });

  it('refuses a filter beyond the limits, by name', async () => {
    const where = { id: { in: Array.from({ length: 501 }, String) } };
    const { errors } = await open()
      .subscribe(CHANGES, { where: { ownerId: where.id } })
      .untilRefused();
    expect(codesOf(errors)).toEqual(['BAD_USER_INPUT']);
    expect(errors[0]?.extensions?.['problems']).toMatchObject([{ path: ['where', 'ownerId', 'in'] }]);
  });
});

describe('projectionProgress', () => {
  const PROGRESS = 'subscription ($readModel: String) { projectionProgress(readModel: $readModel) { readModel build state } }';

  it('tells of the builds that there are, and of a rebuild until it is the live one', async () => {
    await start();
    await registerLeads('Ana', 'Ion');
    await server.ready();
    const progress = open().subscribe<{ projectionProgress: readonly object[] }>(PROGRESS, { readModel: 'leads' });
    expect(await progress.next()).toEqual({ projectionProgress: [{ readModel: 'leads', build: 1, state: 'LIVE' }] });
    await server.ask('mutation { rebuildReadModel(input: { readModel: "leads" }) { build { build } } }');
    const cutOver = [
      { readModel: 'leads', build: 1, state: 'RETIRED' },
      { readModel: 'leads', build: 2, state: 'LIVE' },
    ];
    let last: readonly object[] = [];
    while (JSON.stringify(last) !== JSON.stringify(cutOver)) last = (await progress.next()).projectionProgress;
    expect(last).toEqual(cutOver);
  });

  it('refuses a read model that there is not', async () => {
    const { errors } = await open().subscribe(PROGRESS, { readModel: 'leeds' }).untilRefused();
    expect(codesOf(errors)).toEqual(['NOT_FOUND']);
  });
});

describe('on an event server', () => {
  it('goes on with events and changes through a break of the connection, and resumes at their positions', async () => {
    const events = await startKurrentServer();
    try {
      await start({ DAYBOOK_LOG_URL: events.url });
      const client = open();
      const [seen, changed] = [client.subscribe<Events>(EVENTS, { after: '0' }), client.subscribe<LeadChange>(CHANGES, { after: '0' })];
      await registerLeads('Ana');
      const first = [(await seen.next()).events, (await changed.next()).leadChanged] as const;
      await events.system('$stats', '$statsCollected');
      await events.drop();
      await registerLeads('Ion', 'Mara');
      const rest = await seen.take(2);
      expect(rest.map(({ events: { data } }) => data['name'])).toEqual(['Ion', 'Mara']);
      expect((await changed.next()).leadChanged.lead?.name).toBe('Ion');
      await client.close();
      const again = open();
      const [resumed, changedAgain] = [
        again.subscribe<Events>(EVENTS, { after: first[0].position }),
        again.subscribe<LeadChange>(CHANGES, { after: first[1].position }),
      ];
      expect(await resumed.take(2)).toEqual(rest);
      expect((await changedAgain.take(2)).map(({ leadChanged: { lead } }) => lead?.name)).toEqual(['Ion', 'Mara']);
    } finally {
      await server.stop('SIGKILL');
      await events.dispose();
    }
  });

  it.each(['23.10', '26.1'] as const)(
    'says by name that no event stands at a position, in the words of either server (%s)',
    async (like) => {
      const events = await startKurrentServer({ like });
      try {
        await start({ DAYBOOK_LOG_URL: events.url });
        await registerLeads('Ana', 'Ion');
        const [first] = await open().subscribe<Events>(EVENTS, { after: '0' }).take(1);
        const after = String(Number(first?.events.position) + 1);
        const message = `There is no event at position ${after}. Continue after a position that the log has returned.`;
        for (const query of [EVENTS, CHANGES]) {
          const { errors } = await open().subscribe(query, { after }).untilRefused();
          expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT', problems: [{ path: ['after'], message }] } }]);
        }
      } finally {
        await server.stop('SIGKILL');
        await events.dispose();
      }
    },
  );
});

describe('over a websocket', () => {
  it.each<[string, string, string]>([
    ['a query', '{ logPosition }', 'HTTP_ONLY'],
    ['a mutation', 'mutation { registerLead(input: { name: "Ana" }) { position } }', 'HTTP_ONLY'],
    ['text that is no document', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['a field that is not there', 'subscription { events { secret } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['two fields', 'subscription { events { id } again: events { id } }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'one of two operations that are not named',
      'subscription A { events { id } } subscription B { events { id } }',
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['too many tokens', `subscription { events { ${'id '.repeat(2_100)} } }`, 'GRAPHQL_PARSE_FAILED'],
    [
      'too many aliases',
      `subscription { events { ${Array.from({ length: 31 }, (_, i) => `a${i}: id`).join(' ')} } }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['too many directives', `subscription { events { ${'id @include(if: true) '.repeat(40)} } }`, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'what is too deep',
      `subscription { leadChanged { lead { ${'opportunity { lead { '.repeat(6)} id ${'} }'.repeat(6)} } } }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'what costs too much',
      'subscription { leadChanged { lead { history(first: 500) { nodes { id type data } } duplicates(first: 500) { history(first: 500) { nodes { id } } } } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['no field, by a variable', 'subscription ($no: Boolean = false) { events @include(if: $no) { id } }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'no field, in fragments',
      'subscription { ...E } fragment E on Subscription { ... @skip(if: true) { events { id } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])('refuses %s, and the websocket stays open', async (_, query, code) => {
    const before = await server.logPosition();
    const client = open();
    const { errors } = await client.subscribe(query).untilRefused();
    expect(codesOf(errors)).toEqual([code]);
    expect(JSON.stringify(errors)).not.toMatch(/node_modules|\.js:\d|stack/);
    expect(await server.logPosition()).toBe(before);
    expect(await client.subscribe('subscription { projectionProgress { build } }').take(1)).toHaveLength(1);
  });

  it('a message that would hold too much says so instead, and the next one is told', async () => {
    await start();
    for (let n = 0; n < 30; n++) await registerLead(server, { name: `Lead ${n}`, email: 'ana@example.com' });
    const after = await server.logPosition();
    const changes = open().subscribe<LeadChange>(
      `subscription ($after: Position, $n: Int!) { leadChanged(after: $after) { id lead { name ${'duplicates(first: $n) { '.repeat(4)} id ${'}'.repeat(4)} } } }`,
      { after, n: 500 },
    );
    await registerLead(server, { name: 'Ana', email: 'ana@example.com' });
    await expect(changes.next()).rejects.toThrow('ANSWER_TOO_LARGE');
    await registerLead(server, { name: 'Ion', email: 'ion@example.com' });
    expect(await changes.next()).toMatchObject({ leadChanged: { lead: { name: 'Ion', duplicates: [] } } });
  });

  it('the schema is not told where introspection is off', async () => {
    await start({ NODE_ENV: 'production' });
    const { errors } = await open().subscribe('subscription { events { ide } }').untilRefused();
    expect(errors[0]?.message).toBe('Cannot query field "ide" on type "RecordedEvent".');
  });

  it('a subscription too many is refused, and the others go on', async () => {
    await start({ DAYBOOK_SUBSCRIPTIONS_PER_SOCKET: '2' });
    const client = open();
    const kept = [client.subscribe<Events>(EVENTS, { after: '0' }), client.subscribe<Events>(EVENTS, { after: '0' })];
    const firsts = kept.map((each) => each.next());
    await untilCounted('daybook_subscriptions', 2);
    expect(codesOf((await client.subscribe(EVENTS).untilRefused()).errors)).toEqual(['TOO_MANY_SUBSCRIPTIONS']);
    await registerLeads('Ana');
    const position = await server.logPosition();
    expect(positionsOf(await Promise.all(firsts))).toEqual([position, position]);
    await kept[0]?.end();
    await untilCounted('daybook_subscriptions', 1);
    expect(positionsOf([await client.subscribe<Events>(EVENTS, { after: '0' }).next()])).toEqual([position]);
  });

  it('only so many are open at once, and a place is free again when one is closed', async () => {
    await start({ DAYBOOK_SOCKETS: '1' });
    const first = await openSocket(server.url);
    expect(first).toBeInstanceOf(WebSocket);
    const refused = await openSocket(server.url);
    expect(refused).toMatchObject({ status: 503, body: expect.stringContaining('TOO_MANY_SOCKETS') });
    (first as WebSocket).close();
    await untilCounted('daybook_websockets', 0);
    const next = await openSocket(server.url);
    expect(next).toBeInstanceOf(WebSocket);
    (next as WebSocket).terminate();
  });

  it.each<[string, Readonly<Record<string, string>>, string, number, string]>([
    ["another site's page", { origin: 'https://evil.example' }, '/graphql', 403, 'FOREIGN_ORIGIN'],
    ['a page without an origin of its own', { origin: 'null' }, '/graphql', 403, 'FOREIGN_ORIGIN'],
    ['anybody at another path', {}, '/metrics', 404, 'NOT_FOUND'],
  ])('%s is kept out', async (_, headers, path, status, code) => {
    expect(await openSocket(server.url, headers, path)).toMatchObject({ status, body: expect.stringContaining(code) });
    const own = await openSocket(server.url, { origin: server.url });
    expect(own).toBeInstanceOf(WebSocket);
    (own as WebSocket).terminate();
  });

  it.each([
    ['its payload', { params: { 'x-daybook-actor': 'not a user' } }],
    ['its payload in another type', { params: { 'x-daybook-actor': 7 } }],
    ['its headers', { headers: { 'x-daybook-actor': 'not a user' } }],
  ])('who says in %s to be no user is told so', async (_, options) => {
    const client = open(server.url, options);
    const ended = client
      .subscribe(EVENTS)
      .untilRefused()
      .catch(() => undefined);
    expect(await client.closed).toMatchObject({ code: 4400, reason: expect.stringContaining('x-daybook-actor must be a user id') });
    await ended;
  });

  it.each<[string, string, number]>([
    ['what is no message', 'hello', 4400],
    ['a subscription before the introduction', '{"id":"1","type":"subscribe","payload":{"query":"subscription { events { id } }"}}', 4401],
    ['a message that is too large', `{"type":"ping","payload":{"text":"${'x'.repeat(20_000)}"}}`, 1009],
  ])('%s ends it with a code', async (_, message, code) => {
    await start({ DAYBOOK_BODY_LIMIT_BYTES: '10000' });
    const socket = (await openSocket(server.url)) as WebSocket;
    socket.send(message);
    expect((await closingOf(socket)).code).toBe(code);
  });

  it('one that answers no ping is ended, one that answers stays', async () => {
    await start({ DAYBOOK_SOCKET_PING_MS: '2000' });
    const silent = connect(Number(new URL(server.url).port), '127.0.0.1');
    const key = Buffer.alloc(16, 1).toString('base64');
    silent.write(
      `GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`,
    );
    const alive = open();
    const event = alive.subscribe<Events>(EVENTS).next();
    silent.resume();
    await once(silent, 'close');
    await registerLeads('Ana');
    expect((await event).events.position).toBe(await server.logPosition());
  });

  it('is told when the server stops, which then ends at once', async () => {
    await start();
    const client = open();
    const ended = client
      .subscribe(EVENTS)
      .untilRefused()
      .catch(() => undefined);
    await untilCounted('daybook_subscriptions', 1);
    const deaf = open();
    void deaf
      .subscribe(EVENTS)
      .untilRefused()
      .catch(() => undefined);
    await untilCounted('daybook_subscriptions', 2);
    deaf.pause();
    const stopped = server.stop();
    expect(await client.closed).toMatchObject({ code: 1001, reason: expect.stringContaining('is stopping') });
    // GraphQL's own grace for open connections is 10 s, which nobody at a console would wait for.
    expect(await Promise.race([stopped, sleep(8_000, 'still running', { ref: false })])).toMatchObject({ code: 0 });
    await ended;
  });
});

describe('over HTTP', () => {
  it('a subscription is told where to go', async () => {
    const { status, errors } = await server.request(EVENTS);
    expect(status).toBe(400);
    expect(errors).toEqual([{ message: expect.stringContaining('websocket'), extensions: { code: 'WEBSOCKET_ONLY' } }]);
  });

  it('a request that offers HTTP/2 is answered in HTTP/1.1, body and all', async () => {
    const body = JSON.stringify({ query: '{ logPosition }' });
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';
    const head = `POST /graphql HTTP/1.1\r\nHost: localhost\r\n${offer}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    socket.write(head + body.slice(0, 5));
    await sleep(50);
    socket.write(body.slice(5));
    let answered = '';
    socket.on('data', (chunk: Buffer) => (answered += chunk.toString()));
    while (!answered.includes('logPosition')) await once(socket, 'data');
    expect(answered).toMatch(/^HTTP\/1\.1 200 OK/);
    socket.destroy();
  });
});

// The last one: a server for tests that all share reads through what it leaves, whoever asks.
describe('a client that takes nothing', () => {
  /** Events beyond what the connection itself holds: some 30 MB. */
  const COUNT = 3_000;

  const appendLarge = async (): Promise<void> => {
    const log = await logIn(folder.path);
    const data = { name: 'Ana', interest: 'x'.repeat(10_000) };
    for (let at = 0; at < COUNT; at += 100) {
      const events = Array.from({ length: 100 }, () => noted(data, { type: 'LeadRegistered' }));
      await log.append({ type: 'lead', id: randomUUID() }, 'none', events);
    }
    await log.close();
  };

  it('is told what it missed and where to resume, others are not kept waiting, and nothing is lost', async () => {
    // It answers no ping either, for as long as the engines take: that is another reason to end it, for another test.
    await start({ DAYBOOK_SLOW_CLIENT_MS: '300', DAYBOOK_SLOW_CLIENT_EVENTS: '50', DAYBOOK_SOCKET_PING_MS: '600000' });
    const query = 'subscription ($after: Position) { events(after: $after) { position data } }';
    const slow = open();
    const events = slow.subscribe<Events>(query, { after: '0' });
    await registerLeads('first');
    const first = await events.next();
    slow.pause();
    await appendLarge();
    const other = open().subscribe<Events>('subscription ($after: Position) { events(after: $after) { position } }', {
      after: first.events.position,
    });
    const all = await positionsInLog();
    expect(positionsOf([first, ...(await other.take(COUNT))])).toEqual(all);
    await other.end();
    await untilCounted('daybook_subscriptions', 0);
    slow.resume();

    const { data, errors } = await events.untilRefused();
    const seen = [first, ...data];
    expect(codesOf(errors)).toEqual(['SLOW_CLIENT']);
    const last = positionsOf(seen).at(-1);
    // It was told while others still wrote.
    const { missed, resumeAfter } = errors[0]?.extensions as { readonly missed: number; readonly resumeAfter: string };
    expect(resumeAfter).toBe(last);
    expect(missed).toBeGreaterThan(50);
    expect(missed).toBeLessThanOrEqual(all.length - seen.length);
    const resumed = slow.subscribe<Events>(query, { after: resumeAfter });
    const rest = await resumed.take(all.length - seen.length);
    expect(positionsOf([...seen, ...rest])).toEqual(all);
  });
});
