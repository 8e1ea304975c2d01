/** Everything that the API tells of the records that may be about a person, as one text. */
import { domain } from '../../../src/domain.js';
import type { GraphqlClient } from '../api/graphql-client.js';
import { SocketClient } from '../api/socket-client.js';

const LISTS = ['contacts', 'accounts', 'leads', 'opportunities'] as const;
type List = (typeof LISTS)[number];

/** The moment of a query, such as `{ position: "7" }`; now when absent. */
export type Moment = { readonly position: string } | { readonly day: string };

/** The names of the fields of a list that hold sealed values. */
export function sealedFieldsOf(list: List): readonly string[] {
  const { model } = domain.projections.find(({ model: { name } }) => name === list) ?? {};
  return (model?.columns ?? []).filter(({ sealed }) => sealed).map(({ name }) => name);
}

/** Lists with every sealed field, duplicates and the history of each record. */
export async function listsTold(client: GraphqlClient, asOf: Moment | null, minPosition: string): Promise<string> {
  const lists = LISTS.map(
    (list) => `${list}(asOf: $asOf, minPosition: $minPosition) {
      nodes { id ${sealedFieldsOf(list).join(' ')} ${list === 'opportunities' ? '' : 'duplicates { id name }'} history { nodes { type data changes { field before after } } } }
    }`,
  );
  return JSON.stringify(await client.ask(`query ($asOf: Moment, $minPosition: Position) { ${lists.join(' ')} }`, { asOf, minPosition }));
}

/** Every event that the subscription tells from the beginning of the log. */
export async function eventsTold(client: GraphqlClient): Promise<string> {
  const head = Number(await client.logPosition());
  const socket = new SocketClient(client.url);
  try {
    const events = socket.subscribe<{ readonly events: { readonly position: string; readonly data: unknown } }>(
      'subscription { events(after: "0") { type recordId position data } }',
    );
    const told: string[] = [];
    for (let at = 0; at < head;) {
      const { events: event } = await events.next();
      told.push(JSON.stringify(event));
      at = Number(event.position);
    }
    return told.join('\n');
  } finally {
    await socket.close();
  }
}

/** The number of records that a search for a word finds, in all lists. */
export async function foundBy(client: GraphqlClient, word: string, asOf: Moment | null = null): Promise<number> {
  const lists = LISTS.map((list) => `${list}(search: $word, asOf: $asOf) { totalCount }`).join(' ');
  const found = await client.ask<Record<List, { readonly totalCount: number }>>(`query ($word: String!, $asOf: Moment) { ${lists} }`, {
    word,
    asOf,
  });
  return LISTS.reduce((sum, list) => sum + found[list].totalCount, 0);
}

/** A record, by the query for one: its sealed fields, and those that are withheld. */
export async function recordTold(client: GraphqlClient, list: List, id: string): Promise<Readonly<Record<string, unknown>> | null> {
  const one = { contacts: 'contact', accounts: 'account', leads: 'lead', opportunities: 'opportunity' }[list];
  const { record } = await client.ask<{ readonly record: Readonly<Record<string, unknown>> | null }>(
    `query ($id: ID!) { record: ${one}(id: $id) { withheld ${sealedFieldsOf(list).join(' ')} } }`,
    { id },
  );
  return record;
}

interface Review {
  readonly erasedId: string;
  readonly sharedType: string;
  readonly sharedId: string;
  readonly outcome: string | null;
}

/** What is to be looked at because of records that were erased: `<erased> → <type> <shared>`. */
export async function reviewsTold(client: GraphqlClient): Promise<readonly string[]> {
  const { erasureReviews } = await client.ask<{ readonly erasureReviews: { readonly nodes: readonly Review[] } }>(
    '{ erasureReviews(first: 500) { nodes { erasedId sharedType sharedId outcome } } }',
  );
  return erasureReviews.nodes.map(({ erasedId, sharedType, sharedId }) => `${erasedId} → ${sharedType} ${sharedId}`).sort();
}

/** Erases the texts of an opportunity. @returns the position */
export async function eraseTextOf(client: GraphqlClient, recordId: string): Promise<string> {
  const { done } = await client.ask<{ readonly done: { readonly position: string | null; readonly userErrors: readonly unknown[] } }>(
    `mutation ($recordId: ID!) { done: eraseText(input: { recordType: opportunity, recordId: $recordId, ground: REQUEST }) { position userErrors { code } } }`,
    { recordId },
  );
  if (done.position === null || done.userErrors.length > 0) throw new Error(`eraseText was not taken: ${JSON.stringify(done)}`);
  return done.position;
}
