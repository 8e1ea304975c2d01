/**
 * `leadChanged` and its like: the documents of a read model as they change, sent when the change can be read. It follows the log, so that it
 * is resumed at a position; which documents an event changes is told by the projection, what they are by the build that answers.
 */
import { GraphQLID, GraphQLNonNull, GraphQLObjectType, type GraphQLInputObjectType } from 'graphql';
import type { Position } from '../../kernel/event.js';
import type { Document, Projection } from '../../kernel/projection.js';
import type { Page } from '../../log/port.js';
import { decisionTypes } from '../../projector/decisions.js';
import { hasBuild } from '../../views/port/build-identity.js';
import type { Build } from '../../views/port/builds.js';
import { BuildGone } from '../../views/port/errors.js';
import { PositionTimeout } from '../../views/port/query-errors.js';
import type { Where } from '../../views/port/query.js';
import { changedKeys, readAgain } from './changed-keys.js';
import { at, type ApiContext } from './context.js';
import { toWhere, type WhereInput } from './where.js';
import { startOf, stoppable, untilTaken } from './live.js';
import { PositionScalar } from './scalars.js';
import { typeNameOf } from './type-names.js';
import type { Fields } from './types.js';

interface ChangesArguments {
  readonly where?: WhereInput | null;
  readonly after?: Position | null;
}

/** What a subscription follows. */
interface Followed {
  readonly projection: Projection;
  /** The name of a document in the contract. */
  readonly one: string;
  readonly where: Where | undefined;
  readonly types: readonly string[];
}

/** Events read from the log at a time: several changes of one document among them are told as one. */
const PAGE = 100;

/** Documents read at a time. */
const CHUNK = 100;

/** How long it is waited for the read model at a time, in milliseconds: whether the subscription goes on is looked at in between. */
const WAIT_MS = 500;

/** @param where the type of the filter */
export function changedField(projection: Projection, type: GraphQLObjectType, where: GraphQLInputObjectType): Fields {
  const { model } = projection;
  if (!model.one) return {};
  const { one } = model;
  const change = new GraphQLObjectType<object, ApiContext>({
    name: `${typeNameOf(model)}Change`,
    description: `One of the ${model.name} that changed.`,
    fields: {
      position: { type: new GraphQLNonNull(PositionScalar), description: 'To resume, subscribe after it.' },
      id: { type: new GraphQLNonNull(GraphQLID), description: 'The id of the record.' },
      [one]: { type, description: 'What it became; null when it was removed, or matched before and does not any more.' },
    },
  });
  const types = [...projection.types, ...decisionTypes];
  return {
    [`${one}Changed`]: {
      type: new GraphQLNonNull(change),
      description: 'Each that changes and matches, or matched before; sent when queries show the change.',
      args: {
        where: { type: where, description: 'What a record must match, or have matched before it changed.' },
        after: { type: PositionScalar, description: 'To resume, the position of the last change that you have. Now, when absent.' },
      },
      subscribe: async (_, { where: given, after }: ChangesArguments, context) => {
        const followed = { projection, one, where: toWhere(model, given), types };
        const start = await startOf(context, after);
        return stoppable((signal) => follow(context, followed, start, signal));
      },
    },
  };
}

async function* follow(context: ApiContext, followed: Followed, start: Position, signal: AbortSignal): AsyncGenerator<object, void, void> {
  const { one, projection, types } = followed;
  const { log, served } = context.services;
  // Right after the first start, the projector has not begun to build it.
  while (!signal.aborted && !hasBuild(served.build(projection.model))) await served.waitForBuild(projection.model, WAIT_MS);
  let from = start;
  let sent = start;
  for await (const page of log.tail(start, { limit: PAGE, types, signal })) {
    // A page may be read beyond its last event, where the log has nothing to resume after yet.
    const end = page.events.at(-1)?.position;
    if (end === undefined) continue;
    try {
      for await (const { key, position, document } of changesIn(context, followed, page.events, from, end, signal)) {
        await untilTaken(context, sent, types);
        if (signal.aborted) return;
        yield { [`${one}Changed`]: { position, id: key, [one]: document && at({ ...document }, { min: end }) } };
        sent = position;
      }
    } catch (failure) {
      throw failure instanceof BuildGone ? readAgain(projection.model, end, 'the version that was read was dropped') : failure;
    }
    from = end;
  }
}

interface Told {
  readonly key: string;
  /** The last event before which nothing of the page is left to tell. */
  readonly position: Position;
  readonly document: Document | null;
}

/**
 * What a page made of the documents that match, in the order in which they changed first. A document that is told of is as it is at the end of
 * the page, so each is told once; whoever resumes in between is told again of those that changed again later.
 */
async function* changesIn(
  context: ApiContext,
  { projection, where }: Followed,
  events: Page['events'],
  from: Position,
  end: Position,
  signal: AbortSignal,
): AsyncGenerator<Told, void, void> {
  const { model } = projection;
  const build = await reached(context, projection, end, signal);
  if (!build) return;
  const keys = await changedKeys(context.services.views, build, projection, events, context.services.definitions);
  for (let first = 0; first < keys.length && !signal.aborted; first += CHUNK) {
    const chunk = keys.slice(first, first + CHUNK);
    const matching = (these: readonly string[], asOf?: Position) => documentsOf(context, build, { where, keys: these, asOf });
    const now = await matching(
      chunk.map(({ key }) => key),
      model.history ? end : undefined,
    );
    const missing = chunk.filter(({ key }) => !now.has(key));
    // What was tried again was put into the past, too. Without a past it is not known whether it matched.
    const asked = model.history ? missing.filter(({ again }) => !again).map(({ key }) => key) : [];
    const before = asked.length > 0 && from > 0 ? await matching(asked, from) : new Map();
    for (const [index, { key, again }] of chunk.entries()) {
      const document = now.get(key) ?? null;
      if (!document && !again && model.history && !before.has(key)) continue;
      const next = keys[first + index + 1];
      yield { key, document, position: next ? lastBefore(next.first, events, from) : end };
    }
  }
}

/** Waits until the build that answers has come to a position. @returns nothing when the subscription is ended first @throws BuildGone */
async function reached(
  { services: { served, views } }: ApiContext,
  { model }: Projection,
  position: Position,
  signal: AbortSignal,
): Promise<Build | undefined> {
  while (!signal.aborted) {
    const build = served.build(model);
    if (!hasBuild(build)) throw new BuildGone(model.name);
    try {
      await views.waitFor(build, position, WAIT_MS);
      return build;
    } catch (failure) {
      if (!(failure instanceof PositionTimeout)) throw failure;
    }
  }
  return undefined;
}

async function documentsOf(
  { services: { views } }: ApiContext,
  build: Build,
  { where, keys, asOf }: { readonly where: Where | undefined; readonly keys: readonly string[]; readonly asOf: Position | undefined },
): Promise<ReadonlyMap<string, Document>> {
  const these: Where = { kind: 'key', keys };
  const { json } = await views.list(build, {
    where: where ? { kind: 'and', of: [these, where] } : these,
    ...(asOf === undefined ? {} : { asOf }),
    orderBy: [],
    first: keys.length,
  });
  return new Map((JSON.parse(json) as readonly { key: string; document: Document }[]).map(({ key, document }) => [key, document]));
}

/** The last of the events before the position of one of them, else what came before all: positions in between are no places in every log. */
function lastBefore(position: Position, events: Page['events'], from: Position): Position {
  return events.findLast((event) => event.position < position)?.position ?? from;
}
