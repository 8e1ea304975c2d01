/** What operators decide about documents that wait, over HTTP: once for each commandId, and about the event that they saw. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { killChildren, startChild } from '../support/child.js';
import { onKurrent, placeOf } from '../support/engines.js';
import { temporaryFolder } from '../support/folder.js';
import { GraphqlClient } from '../support/graphql-client.js';
import { eventsIn } from '../support/read-models.js';

const folder = temporaryFolder();
let client: GraphqlClient;
/** A lead that was assigned to nobody, to Bob and to nobody again: assignments to nobody can't be taken. */
let lead: string;

interface Decision {
  readonly commandId: string;
  readonly position: string;
}

interface Letter {
  readonly key: string;
  readonly waiting: readonly { readonly eventId: string }[];
}

beforeAll(async () => {
  // The program's own read models, with an error in the handlers of leads.
  const module = pathToFileURL(join(import.meta.dirname, '../support/fragile-projections.mjs')).href;
  const child = startChild('serve.mjs', JSON.stringify(await placeOf(folder.path)), module);
  await child.printed(1);
  client = new GraphqlClient(child.lines[0] ?? '');
});

beforeEach(async () => {
  lead = (await client.done('registerLead', { name: 'Ana Pop', origin: 'fair' })).streamId;
  for (const owner of ['nobody', 'bob', 'nobody']) await client.done('assignLead', { id: lead, owner });
  await carriedOut(await client.logPosition());
});

afterAll(async () => {
  await killChildren();
  folder.remove();
});

/** Until leads have come so far. */
async function carriedOut(position: string): Promise<void> {
  await client.ask('query ($position: Position) { leads(first: 1, minPosition: $position) { nodes { id } } }', { position });
}

async function letters(): Promise<readonly Letter[]> {
  const { deadLetters } = await client.ask<{ readonly deadLetters: readonly Letter[] }>(
    '{ deadLetters(readModel: "leads") { key waiting { eventId } } }',
  );
  return deadLetters;
}

/** The ids of the events that wait for the lead. */
async function waiting(): Promise<readonly string[]> {
  return (await letters()).find(({ key }) => key === lead)?.waiting.map(({ eventId }) => eventId) ?? [];
}

const owner = async (): Promise<unknown> =>
  (await client.ask<{ readonly lead: { readonly owner: string } }>('query ($id: ID!) { lead(id: $id) { owner } }', { id: lead })).lead
    .owner;

const decide = (name: 'skipDeadLetter' | 'retryDeadLetters', input: object) =>
  client.request(
    `mutation ($input: ${name === 'skipDeadLetter' ? 'SkipDeadLetterInput' : 'RetryDeadLettersInput'}!) { decision: ${name}(input: $input) { commandId position } }`,
    { input: { readModel: 'leads', ...input } },
  );

/** A decision that must be taken, carried out. */
async function decided(name: 'skipDeadLetter' | 'retryDeadLetters', input: object): Promise<Decision> {
  const { errors, data } = await decide(name, input);
  expect(errors).toEqual([]);
  const { decision } = data as { readonly decision: Decision };
  await carriedOut(decision.position);
  return decision;
}

/** The codes of a refusal. */
async function refusal(name: 'skipDeadLetter' | 'retryDeadLetters', input: object): Promise<unknown> {
  const { errors } = await decide(name, input);
  return errors.map(({ extensions }) => extensions?.['code']);
}

describe('a skip', () => {
  it('leaves out the event that it names, and what waited behind it goes on up to the next one that can not be taken', async () => {
    const [first, , third] = await waiting();
    await decided('skipDeadLetter', { key: lead, eventId: first, reason: 'typing error' });
    expect(await waiting()).toEqual([third]);
    expect(await owner()).toBe('bob');
    await decided('skipDeadLetter', { key: lead, eventId: third, reason: 'typing error' });
    expect(await waiting()).toEqual([]);
  });

  it('of an event that is no longer the first one waiting is refused: nobody leaves out what they have not seen', async () => {
    const [first, second, third] = await waiting();
    await decided('skipDeadLetter', { key: lead, eventId: first, reason: 'typing error' });
    const before = await client.logPosition();
    for (const eventId of [first, second, randomUUID()]) {
      const { errors } = await decide('skipDeadLetter', { key: lead, eventId, reason: 'typing error' });
      expect(errors).toMatchObject([{ extensions: { code: 'NOT_FIRST', problems: [{ field: 'eventId' }] } }]);
      expect(errors[0]?.message).toContain(third);
    }
    expect(await refusal('skipDeadLetter', { key: lead, reason: 'typing error' })).toEqual(['BAD_USER_INPUT']);
    expect(await client.logPosition()).toBe(before);
    expect(await waiting()).toEqual([third]);
  });

  it('by two operators at once leaves out the one event that both saw', async () => {
    const [first, , third] = await waiting();
    const both = await Promise.all(
      [1, 2].map(() => decide('skipDeadLetter', { key: lead, eventId: first?.toUpperCase(), reason: 'typing error' })),
    );
    expect(both.some(({ errors }) => errors.length === 0)).toBe(true);
    await carriedOut(await client.logPosition());
    expect(await waiting()).toEqual([third]);
  });
});

describe('a decision that is sent again with its commandId', () => {
  it.each(['skipDeadLetter', 'retryDeadLetters'] as const)('answers with its first result, whatever waits by then: %s', async (name) => {
    const [first] = await waiting();
    const input = { key: lead, commandId: randomUUID(), ...(name === 'skipDeadLetter' ? { eventId: first, reason: 'typing error' } : {}) };
    const result = await decided(name, input);
    expect(result.commandId).toBe(input.commandId);
    // While something waits, and when nothing does; in capital letters too.
    expect(await decided(name, input)).toEqual(result);
    for (let [next] = await waiting(); next !== undefined; [next] = await waiting()) {
      await decided('skipDeadLetter', { key: lead, eventId: next, reason: 'typing error' });
    }
    const after = await client.logPosition();
    expect(await decided(name, input)).toEqual(result);
    expect(await decided(name, { ...input, commandId: input.commandId.toUpperCase() })).toMatchObject({ position: result.position });
    expect(await client.logPosition()).toBe(after);
  });

  it('at once, leaves one decision in the log and answers alike', async () => {
    const [eventId] = await waiting();
    const input = { key: lead, eventId, reason: 'typing error', commandId: randomUUID() };
    const results = await Promise.all(Array.from({ length: 5 }, () => decided('skipDeadLetter', input)));
    expect(new Set(results.map(({ position }) => position)).size).toBe(1);
    const written = (await eventsIn(folder)).filter(({ metadata }) => metadata.commandId === input.commandId);
    expect(written).toMatchObject([{ type: 'DeadLetterSkipped', data: { key: lead, eventId, version: 1 } }]);
  });

  it('is refused with other input, or another decision', async () => {
    const [eventId, second] = await waiting();
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
