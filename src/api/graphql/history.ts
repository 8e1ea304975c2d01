/** A record's history: each event with who, when, why, its data, and the fields of the record that it changed. From the log alone. */
import { GraphQLNonNull, GraphQLObjectType, GraphQLString, type GraphQLEnumType, type GraphQLResolveInfo } from 'graphql';
import type { Definitions } from '../../../contracts/definitions.js';
import { streamName, toCurrent, toShow, type RecordedEvent, type Stream } from '../../kernel/event.js';
import type { Document, Projection } from '../../kernel/projection.js';
import { connectionOf, connectionType, type Connection, type PageArguments } from './connection.js';
import type { ApiContext } from './context.js';
import { inContractWords } from './contract-words.js';
import { badInput, readFirst } from './errors.js';
import { eventFields, type ShownEvent } from './event-fields.js';
import { listOf } from './non-null.js';
import { JsonScalar } from './scalars.js';

interface Entry extends ShownEvent {
  readonly changes: readonly { readonly field: string; readonly before: unknown; readonly after: unknown }[];
}

const FieldChange = new GraphQLObjectType<Entry['changes'][number]>({
  name: 'FieldChange',
  description: 'A field of a record that an event changed, with its values as the record gives them.',
  fields: {
    field: { type: new GraphQLNonNull(GraphQLString), description: 'The name of the field.' },
    before: { type: JsonScalar, description: 'Its value before the event; null when it had none.' },
    after: { type: JsonScalar, description: 'Its value after the event; null when it has none.' },
  },
});

/** The connection type of histories. */
export function historyConnection(eventType: GraphQLEnumType): GraphQLObjectType {
  const known = new Set(eventType.getValues().map(({ value }) => value as string));
  const entry = new GraphQLObjectType<Entry, ApiContext>({
    name: 'HistoryEntry',
    description: 'One event of a record.',
    fields: {
      ...eventFields,
      type: {
        type: eventType,
        description: 'What kind of event it is; null when a later release recorded it and this one does not know the type.',
        resolve: ({ event }) => (known.has(event.type) ? event.type : null),
      },
      changes: {
        type: listOf(FieldChange),
        description: 'The fields of the record that it changed.',
      },
    },
  });
  return connectionType('History', entry);
}

/**
 * A page of a record's history, oldest first. The whole stream is read, since each change is told against what was before it; streams
 * are small by design.
 * @throws GraphQLError when `first` is out of range, or `after` is no cursor of this history
 */
export async function historyOf(
  context: ApiContext,
  info: GraphQLResolveInfo,
  stream: Stream,
  projection: Projection | undefined,
  { first, after }: PageArguments,
  asOf = Number.MAX_SAFE_INTEGER,
): Promise<Connection<Entry>> {
  readFirst(first);
  const start = after == null ? 0 : revisionAfter(after, stream);
  const { page, count } = await context.budget.ask(async () => {
    const events = (await context.services.log.readStream(stream)).filter((event) => event.position <= asOf);
    context.budget.spend(events.length);
    const shown = withChanges(events, projection, stream.id, context.services.definitions).slice(start, start + first);
    context.budget.found(shown.length, info);
    return { page: shown, count: events.length };
  });
  return connectionOf(
    page.map((node) => ({ cursor: cursorOf(stream, node.event.revision), node })),
    { hasNextPage: start + first < count, hasPreviousPage: start > 0 },
    count,
  );
}

/** Each event with what it changed in the record's document: nothing where it can't be applied, and waits as a dead letter. */
function withChanges(
  events: readonly RecordedEvent[],
  projection: Projection | undefined,
  key: string,
  definitions: Definitions,
): readonly Entry[] {
  let document: Document | undefined;
  return events.map((event) => {
    const before = document;
    try {
      for (const change of projection?.types.includes(event.type) ? projection.changes(toCurrent(event, definitions)) : []) {
        if (change.key === key) document = change.to(document);
      }
    } catch {
      document = before;
    }
    return { event: toShow(event, definitions), changes: projection ? difference(projection, before ?? {}, document ?? {}) : [] };
  });
}

/** Fields that every event changes, and that an entry tells by itself. */
const housekeeping: ReadonlySet<string> = new Set(['revision', 'updatedAt']);

function difference({ model }: Projection, before: Document, after: Document): Entry['changes'] {
  return model.columns
    .filter(({ name }) => !housekeeping.has(name))
    .filter(({ name }) => JSON.stringify(before[name] ?? null) !== JSON.stringify(after[name] ?? null))
    .map(({ name, kind }) => ({ field: name, before: inContractWords(kind, before[name]), after: inContractWords(kind, after[name]) }));
}

function cursorOf(stream: Stream, revision: number): string {
  return Buffer.from(`${streamName(stream)}@${revision}`).toString('base64url');
}

function revisionAfter(cursor: string, stream: Stream): number {
  const [name, revision] = Buffer.from(cursor, 'base64url').toString('utf8').split('@');
  if (name !== streamName(stream) || !/^\d+$/.test(revision ?? '')) {
    throw badInput('BAD_CURSOR', 'after', 'after is not a cursor of this history.');
  }
  return Number(revision) + 1;
}
