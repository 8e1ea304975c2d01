/** What operators decide about documents that wait, over HTTP: once for each commandId, and about the event that they saw. */
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { onKurrent } from '../support/engines/engines.js';
import type { GraphqlClient, SentHeaders } from '../support/api/graphql-client.js';
import { buildsOf, done, fillFolder, operation, refusalIn } from '../support/api/operator.js';
import { eventsIn } from '../support/read-models/read-models.js';
import { startServer } from '../support/processes/server.js';
import { sharedFolder } from '../support/folder.js';
import { until } from '../support/until.js';
import { projectionsOf, startReadModelServer } from '../support/processes/read-model-server.js';

const [folder, mended] = [sharedFolder(), sharedFolder()];
let client: GraphqlClient;
/** A lead that was assigned to nobody, to Bob and to nobody again: assignments to nobody can't be taken. */
let lead: string;

interface Decision {
  readonly commandId: string;
  readonly position: string;
}

interface Letter {
  readonly key: string;
  readonly events: { readonly nodes: readonly { readonly eventId: string }[] };
}

interface Letters<Shown = Letter> {
  readonly deadLetters: { readonly nodes: readonly Shown[] };
}

beforeAll(async () => {
  client = await startReadModelServer('fragile', folder.path);
});

beforeEach(async () => {
  lead = (await client.done('registerLead', { name: 'Ana Pop', origin: 'fair' })).recordId;
  for (const ownerId of ['nobody', 'bob', 'nobody']) await client.done('assignLead', { id: lead, ownerId });
  await carriedOut(await client.logPosition());
});

/** Until leads have come so far. */
async function carriedOut(position: string): Promise<void> {
  await client.ask('query ($position: Position) { leads(first: 1, minPosition: $position) { nodes { id } } }', { position });
}

async function letters(): Promise<readonly Letter[]> {
  const { deadLetters } = await client.ask<Letters>('{ deadLetters(readModel: "leads") { nodes { key events { nodes { eventId } } } } }');
  return deadLetters.nodes;
}

/** The ids of the events that wait for the lead. */
async function unapplied(): Promise<readonly string[]> {
  return (await letters()).find(({ key }) => key === lead)?.events.nodes.map(({ eventId }) => eventId) ?? [];
}

const owner = async (): Promise<unknown> =>
  (await client.ask<{ readonly lead: { readonly ownerId: string } }>('query ($id: ID!) { lead(id: $id) { ownerId } }', { id: lead })).lead
    .ownerId;

const decide = (name: 'skipDeadLetter' | 'retryDeadLetters', input: object, headers?: SentHeaders) =>
  operation(client, name, { readModel: 'leads', ...input }, headers);

/** A decision that must be taken, carried out. */
async function decided(name: 'skipDeadLetter' | 'retryDeadLetters', input: object, headers?: SentHeaders): Promise<Decision> {
  const decision = await done<Decision>(client, name, { readModel: 'leads', ...input }, headers);
  await carriedOut(decision.position);
  return decision;
}

/** The codes of a refusal. */
async function refusal(name: 'skipDeadLetter' | 'retryDeadLetters', input: object): Promise<unknown> {
  const refused = refusalIn(await decide(name, input));
  return refused ? [refused.code] : [];
}

describe('a skip', () => {
  it('leaves out the event that it names, and what waited behind it goes on up to the next one that can not be taken', async () => {
    const [first, , third] = await unapplied();
    await decided('skipDeadLetter', { key: lead, eventId: first, reason: 'typing error' });
    expect(await unapplied()).toEqual([third]);
    expect(await owner()).toBe('bob');
    await decided('skipDeadLetter', { key: lead, eventId: third, reason: 'typing error' });
    expect(await unapplied()).toEqual([]);
  });

  it('of an event that is no longer the first one waiting is refused: nobody leaves out what they have not seen', async () => {
    const [first, second, third] = await unapplied();
    await decided('skipDeadLetter', { key: lead, eventId: first, reason: 'typing error' });
    const before = await client.logPosition();
    for (const eventId of [first, second, randomUUID()]) {
      const { data, errors } = await decide('skipDeadLetter', { key: lead, eventId, reason: 'typing error' });
      expect(errors).toEqual([]);
      const refused = { code: 'STALE_DECISION', path: ['input', 'eventId'], message: expect.stringContaining(String(third)) };
      expect(data).toMatchObject({ done: { commandId: expect.any(String), position: null, userErrors: [refused] } });
    }
    expect(await refusal('skipDeadLetter', { key: lead, reason: 'typing error' })).toEqual(['BAD_USER_INPUT']);
    expect(await client.logPosition()).toBe(before);
    expect(await unapplied()).toEqual([third]);
  });

  it('by two operators at once leaves out the one event that both saw', async () => {
    const [first, , third] = await unapplied();
    const both = await Promise.all(
      [1, 2].map(() => decide('skipDeadLetter', { key: lead, eventId: first?.toUpperCase(), reason: 'typing error' })),
    );
    expect(both.some((answer) => refusalIn(answer) === undefined)).toBe(true);
    await carriedOut(await client.logPosition());
    expect(await unapplied()).toEqual([third]);
  });
});

describe('a decision that is sent again with its commandId', () => {
  it.each(['skipDeadLetter', 'retryDeadLetters'] as const)('answers with its first result, whatever waits by then: %s', async (name) => {
    const [first] = await unapplied();
    const input = { key: lead, commandId: randomUUID(), ...(name === 'skipDeadLetter' ? { eventId: first, reason: 'typing error' } : {}) };
    const result = await decided(name, input);
    expect(result.commandId).toBe(input.commandId);
    // While something waits, and when nothing does; in capital letters too.
    expect(await decided(name, input)).toEqual(result);
    for (let [next] = await unapplied(); next !== undefined; [next] = await unapplied()) {
      await decided('skipDeadLetter', { key: lead, eventId: next, reason: 'typing error' });
    }
    const after = await client.logPosition();
    expect(await decided(name, input)).toEqual(result);
    expect(await decided(name, { ...input, commandId: input.commandId.toUpperCase() })).toMatchObject({ position: result.position });
    expect(await client.logPosition()).toBe(after);
  });

  it('at once, leaves one decision in the log and answers alike', async () => {
    const [eventId] = await unapplied();
    const input = { key: lead, eventId, reason: 'typing error', commandId: randomUUID() };
    const results = await Promise.all(Array.from({ length: 5 }, () => decided('skipDeadLetter', input)));
    expect(new Set(results.map(({ position }) => position)).size).toBe(1);
    const written = (await eventsIn(folder)).filter(({ metadata }) => metadata.commandId === input.commandId);
    expect(written).toMatchObject([{ type: 'DeadLetterSkipped', data: { key: lead, eventId, version: 1 } }]);
  });

  it('is refused with other input, or another decision', async () => {
    const [eventId, second] = await unapplied();
    const input = { key: lead, eventId, reason: 'typing error', commandId: randomUUID() };
    await decided('skipDeadLetter', input);
    for (const other of [{ reason: 'another' }, { key: 'another' }, { eventId: second }, { readModel: 'accounts' }]) {
      expect(await refusal('skipDeadLetter', { ...input, ...other })).toEqual(['COMMAND_ID_REUSED']);
    }
    const { commandId } = input;
    expect(await refusal('retryDeadLetters', { key: lead, commandId })).toEqual(['COMMAND_ID_REUSED']);
    expect(await refusal('retryDeadLetters', { commandId })).toEqual(['COMMAND_ID_REUSED']);
    const taken = (await client.done('registerLead', { name: 'Radu' })).commandId;
    // EventStoreDB compares ids within a stream: there it is a command of its own, as docs/engines.md says.
    expect(await refusal('retryDeadLetters', { commandId: taken })).toEqual(onKurrent ? [] : ['COMMAND_ID_REUSED']);
  });
});

describe('what waits', () => {
  const LETTERS = `query ($readModel: String, $first: Int! = 50) { deadLetters(readModel: $readModel, first: $first) { nodes { readModel version build key
    first { ...event } events { totalCount nodes { ...event } } } } }
    fragment event on UnappliedEvent { eventId type recordType recordId revision position error attempts since }`;

  it('is told with the event that can not be taken and those behind it, of all read models or of one', async () => {
    const asked = async (variables: object): Promise<readonly { readonly key: string }[]> =>
      (await client.ask<Letters<{ readonly key: string }>>(LETTERS, variables)).deadLetters.nodes;
    const [letter] = (await asked({ readModel: 'leads' })).filter(({ key }) => key === lead);
    const [, first, second, third] = (await eventsIn(folder)).filter(({ stream }) => stream.id === lead);
    const told = (event: typeof first, error: string | null) => ({
      eventId: event!.id,
      type: 'LEAD_ASSIGNED',
      recordType: 'LEAD',
      recordId: lead,
      revision: event!.revision,
      position: String(event!.position),
      error,
      attempts: error === null ? 0 : 1,
      since: expect.any(String),
    });
    expect(letter).toEqual({
      readModel: 'leads',
      version: 1,
      build: 1,
      key: lead,
      first: told(first, 'nobody is no owner'),
      events: { totalCount: 3, nodes: [told(first, 'nobody is no owner'), told(second, null), told(third, null)] },
    });
    const all = await asked({});
    expect(all).toEqual(await asked({ readModel: 'leads' }));
    expect(await asked({ first: 1 })).toEqual(all.slice(0, 1));
    expect(await asked({ readModel: 'accounts' })).toEqual([]);
    const [build] = await buildsOf(client, 'leads');
    expect(build).toMatchObject({ state: 'LIVE', deadLetters: all.length, error: null });
  });

  it('stands in the history of the record as what changed nothing, while it waits and when it was left out', async () => {
    const query = `query ($id: ID!) { lead(id: $id) { history { nodes { type changes { field before after } } } } history(recordType: LEAD, recordId: $id) {
      nodes { type changes { field before after } } } }`;
    type History = { readonly nodes: readonly { readonly type: string; readonly changes: readonly object[] }[] };
    const changes = async () => {
      const { lead: record, history } = await client.ask<{ readonly lead: { readonly history: History }; readonly history: History }>(
        query,
        {
          id: lead,
        },
      );
      expect(record.history).toEqual(history);
      expect(history.nodes.map(({ type }) => type)).toEqual(['LEAD_REGISTERED', 'LEAD_ASSIGNED', 'LEAD_ASSIGNED', 'LEAD_ASSIGNED']);
      return history.nodes.slice(1).map((node) => node.changes);
    };
    const expected = [[], [{ field: 'ownerId', before: 'local', after: 'bob' }], []];
    expect(await changes()).toEqual(expected);
    const [eventId] = await unapplied();
    await decided('skipDeadLetter', { key: lead, eventId, reason: 'typing error' });
    expect(await changes()).toEqual(expected);
  });

  it('of a read model that there is not, or as many as nobody reads, is refused', async () => {
    const asked = async (variables: object) => refusalIn(await client.request(LETTERS, variables));
    expect(await asked({ readModel: 'lead' })).toMatchObject({
      code: 'NOT_FOUND',
      fields: ['readModel'],
      message: expect.stringContaining('There is no read model "lead"; there are accounts, '),
    });
    for (const first of [0, 501]) expect(await asked({ first })).toMatchObject({ code: 'BAD_USER_INPUT', fields: ['first'] });
  });
});

describe('a decision about what does not wait', () => {
  it.each([
    ['a read model that there is not', { readModel: 'lead' }, 'readModel', 'There is no read model "lead"; there are accounts, '],
    ['a read model of which nothing waits', { readModel: 'accounts' }, 'readModel', 'accounts has no dead letters.'],
    ['a document that does not wait', { readModel: 'leads', key: 'another' }, 'key', 'leads has no dead letter "another".'],
  ])('%s is refused, and nothing is written', async (_, input, field, message) => {
    const before = await client.logPosition();
    const expected = { code: 'NOT_FOUND', fields: [field], message: expect.stringContaining(message) };
    expect(refusalIn(await decide('retryDeadLetters', input))).toEqual(expected);
    const { readModel } = input;
    const skip = { key: 'another', eventId: randomUUID(), reason: 'typing error', ...input };
    expect(refusalIn(await decide('skipDeadLetter', skip))).toMatchObject(
      field === 'readModel' && readModel === 'accounts' ? { code: 'NOT_FOUND', fields: ['key'] } : expected,
    );
    expect(await client.logPosition()).toBe(before);
  });

  it('without a reason, or with a commandId that is none, is refused, and nothing is written', async () => {
    const before = await client.logPosition();
    const [eventId] = await unapplied();
    const skip = { key: lead, eventId, reason: 'typing error' };
    expect(refusalIn(await decide('skipDeadLetter', { ...skip, reason: ' ' }))).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: ['reason'],
    });
    for (const name of ['skipDeadLetter', 'retryDeadLetters'] as const) {
      const input = { ...(name === 'skipDeadLetter' ? skip : { key: lead }), commandId: 'mine' };
      expect(refusalIn(await decide(name, input))).toMatchObject({ code: 'BAD_USER_INPUT', fields: ['commandId'] });
    }
    expect(await client.logPosition()).toBe(before);
    expect(await unapplied()).toHaveLength(3);
  });
});

describe('a retry', () => {
  it('of what still can not be taken leaves it waiting, tried once more, and says in the log who had it tried', async () => {
    const { commandId, position } = await decided('retryDeadLetters', { key: lead }, { 'x-daybook-actor': 'olga' });
    const { deadLetters } = await client.ask<Letters<{ readonly key: string }>>(
      '{ deadLetters(readModel: "leads", first: 500) { nodes { key events { totalCount } first { attempts error } } } }',
    );
    expect(deadLetters.nodes.find(({ key }) => key === lead)).toEqual({
      key: lead,
      events: { totalCount: 3 },
      first: { attempts: 2, error: 'nobody is no owner' },
    });
    expect((await eventsIn(folder)).find((event) => event.metadata.commandId === commandId)).toMatchObject({
      type: 'DeadLettersRetried',
      position: Number(position),
      data: { version: 1, key: lead },
      metadata: { actor: 'olga' },
    });
  });

  it('has all go on once the handlers are mended, as if nothing had happened', async () => {
    const [ana, bob] = await fillFolder(mended.path, ['nobody', 'bob'], await projectionsOf('fragile'));
    const server = await startServer(mended.path);
    try {
      await server.ready();
      const lead = async (id: string | undefined) =>
        (await server.ask<{ readonly lead: object }>('query ($id: ID!) { lead(id: $id) { ownerId status } }', { id })).lead;
      expect([await lead(ana), await lead(bob)]).toEqual([
        { ownerId: 'ana', status: 'OPEN' },
        { ownerId: 'bob', status: 'QUALIFIED' },
      ]);
      // What waits is known, and is no difference of its own.
      expect(await verified(server)).toMatchObject({ equal: true, results: [{ deadLetters: 1, differing: 0 }] });
      const { position } = await done<Decision>(server, 'retryDeadLetters', { readModel: 'leads' });
      await server.ask('query ($position: Position) { leads(first: 1, minPosition: $position) { nodes { id } } }', { position });
      expect(await lead(ana)).toEqual({ ownerId: 'nobody', status: 'QUALIFIED' });
      expect(await server.ask('{ deadLetters { totalCount nodes { key } } }')).toEqual({ deadLetters: { totalCount: 0, nodes: [] } });
      expect(await buildsOf(server, 'leads')).toMatchObject([{ build: 1, state: 'LIVE', deadLetters: 0 }]);
      expect(await verified(server)).toMatchObject({ equal: true, results: [{ deadLetters: 0, differing: 0 }] });
      expect(refusalIn(await operation(server, 'retryDeadLetters', { readModel: 'leads' }))).toMatchObject({
        code: 'NOT_FOUND',
        fields: ['readModel'],
        message: 'leads has no dead letters.',
      });
    } finally {
      await server.stop();
      mended.remove();
    }
  });

  async function verified(server: GraphqlClient): Promise<unknown> {
    const { id } = await done<{ readonly id: string }>(server, 'verifyReadModels', { readModels: ['leads'] });
    const query = 'query ($id: ID!) { verification(id: $id) { finishedAt equal results { deadLetters differing } error } }';
    const { verification } = await until(
      () => server.ask<{ readonly verification: { readonly finishedAt: string | null } }>(query, { id }),
      ({ verification: { finishedAt } }) => finishedAt !== null,
    );
    return verification;
  }
});
