/** A record's history: each event with who, when, why, its data, and the fields of the record that it changed. From the log alone. */
import {
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  GraphQLID,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLFieldConfigMap,
  type GraphQLResolveInfo,
} from 'graphql';
import { streamName, toCurrent, toShow, type RecordedEvent, type Stream } from '../../kernel/event.js';
import type { Document, Projection } from '../../kernel/projection.js';
import { badInput, readFirst } from './errors.js';
import type { ApiContext } from './context.js';
import { PageInfo } from './connection.js';
import { DateTimeScalar, JsonScalar, PositionScalar } from './scalars.js';

interface Entry {
  readonly event: RecordedEvent;
  readonly changes: readonly { readonly field: string; readonly before: unknown; readonly after: unknown }[];
}

const FieldChange = new GraphQLObjectType<Entry['changes'][number]>({
  name: 'FieldChange',
  fields: { field: { type: new GraphQLNonNull(GraphQLString) }, before: { type: JsonScalar }, after: { type: JsonScalar } },
});

const metadata = (name: keyof RecordedEvent['metadata'], description: string) => ({
  description,
  resolve: ({ event }: { readonly event: RecordedEvent }) => event.metadata[name],
});

/** What is told of an event wherever it is shown. */
export const eventFields = {
  id: { type: new GraphQLNonNull(GraphQLID), resolve: ({ event }) => event.id },
  version: {
    type: new GraphQLNonNull(GraphQLInt),
    description: 'The version of the event type that the data is shown in.',
    resolve: ({ event }) => event.version,
  },
  revision: { type: new GraphQLNonNull(GraphQLInt), resolve: ({ event }) => event.revision },
  position: { type: new GraphQLNonNull(PositionScalar), resolve: ({ event }) => event.position },
  occurredAt: { type: new GraphQLNonNull(DateTimeScalar), ...metadata('occurredAt', 'When it happened in the world.') },
  recordedAt: { type: new GraphQLNonNull(DateTimeScalar), ...metadata('recordedAt', 'When the system took it.') },
  importedAt: { type: DateTimeScalar, ...metadata('importedAt', 'Set when it was carried over from another system with its times.') },
  actor: { type: new GraphQLNonNull(GraphQLID), ...metadata('actor', 'Who did it.') },
  onBehalfOf: { type: GraphQLID, ...metadata('onBehalfOf', 'For whom, when a program or a deputy did it.') },
  commandId: { type: new GraphQLNonNull(GraphQLID), ...metadata('commandId', 'The command that decided it.') },
  correlationId: { type: new GraphQLNonNull(GraphQLID), ...metadata('correlationId', 'Shared by all that one request set off.') },
  causationId: {
    type: new GraphQLNonNull(GraphQLID),
    ...metadata('causationId', 'The command, or the event that a process manager answered.'),
  },
  data: {
    type: new GraphQLNonNull(JsonScalar),
    description: 'What happened; see contracts/events.schema.json.',
    resolve: ({ event }) => event.data,
  },
} satisfies GraphQLFieldConfigMap<{ readonly event: RecordedEvent }, ApiContext>;

const HistoryEntry = new GraphQLObjectType<Entry, ApiContext>({
  name: 'HistoryEntry',
  description: 'One event of a record.',
  fields: {
    ...eventFields,
    type: { type: new GraphQLNonNull(GraphQLString), resolve: ({ event }) => event.type },
    changes: {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(FieldChange))),
      description: 'The fields of the record that it changed.',
    },
  },
});

export const HistoryConnection = new GraphQLObjectType({
  name: 'HistoryConnection',
  fields: {
    nodes: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(HistoryEntry))) },
    pageInfo: { type: new GraphQLNonNull(PageInfo) },
  },
});

export const historyArguments: GraphQLFieldConfigArgumentMap = {
  first: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 50, description: 'From 1 to 500.' },
  after: { type: GraphQLString, description: 'The endCursor of the page before.' },
};

export interface HistoryArguments {
  readonly first: number;
  readonly after?: string | null;
}

/**
 * A page of a record's history, oldest first. The whole stream is read, since each change is told against what was before it; streams
 * are small by design.
 */
export async function historyOf(
  context: ApiContext,
  info: GraphQLResolveInfo,
  stream: Stream,
  projection: Projection | undefined,
  { first, after }: HistoryArguments,
  asOf = Number.MAX_SAFE_INTEGER,
) {
  readFirst(first);
  const start = after == null ? 0 : revisionAfter(after, stream);
  const { page, count } = await context.budget.ask(async () => {
    const events = (await context.services.log.readStream(stream)).filter((event) => event.position <= asOf);
    context.budget.spend(events.length);
    const shown = withChanges(events, projection, stream.id).slice(start, start + first);
    context.budget.found(shown.length, info);
    return { page: shown, count: events.length };
  });
  return {
    nodes: page,
    pageInfo: {
      hasNextPage: start + first < count,
      hasPreviousPage: start > 0,
      startCursor: page[0] ? cursorOf(stream, page[0].event.revision) : null,
      endCursor: page.length > 0 ? cursorOf(stream, page[page.length - 1]?.event.revision ?? 0) : null,
    },
  };
}

/** Each event with what it changed in the record's document: nothing where it can't be taken, and waits as a dead letter. */
function withChanges(events: readonly RecordedEvent[], projection: Projection | undefined, key: string): readonly Entry[] {
  let document: Document | undefined;
  return events.map((event) => {
    const before = document;
    try {
      for (const change of projection?.types.includes(event.type) ? projection.changes(toCurrent(event)) : []) {
        if (change.key === key) document = change.to(document);
      }
    } catch {
      document = before;
    }
    return { event: toShow(event), changes: difference(before ?? {}, document ?? {}) };
  });
}

/** Fields that every event moves, and that an entry tells by itself. */
const housekeeping: ReadonlySet<string> = new Set(['revision', 'updatedAt']);

function difference(before: Document, after: Document): Entry['changes'] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((field) => !housekeeping.has(field))
    .filter((field) => JSON.stringify(before[field] ?? null) !== JSON.stringify(after[field] ?? null))
    .map((field) => ({ field, before: before[field] ?? null, after: after[field] ?? null }));
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
