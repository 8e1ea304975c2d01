/** Which documents of a read model a page of events changed, in the order in which they changed first. */
import { GraphQLError } from 'graphql';
import type { Definitions } from '../../../contracts/definitions.js';
import type { DeadLetterEvent } from '../../../contracts/operations/dead-letter.js';
import { toCurrent, type Position, type RecordedEvent } from '../../kernel/event.js';
import type { Change, Projection } from '../../kernel/projection.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import { decisionTypes } from '../../projector/decisions.js';
import { isStreamKey } from '../../projector/dead-letter.js';
import type { Build } from '../../views/port/builds.js';
import type { ViewReader } from '../../views/port/store.js';
import type { Where } from '../../views/port/query.js';

export interface ChangedKey {
  readonly key: string;
  /** The position of the first event that changed it. */
  readonly first: Position;
  /** Events that had waited were applied, in the places where they belong. */
  readonly again: boolean;
}

/** Documents read at a time, to know their keys. */
const CHUNK = 500;

/**
 * @param build that has reached the last of the events
 * @throws GraphQLError READ_AGAIN when it can't be told since an operator decided about all documents that waited
 */
export async function changedKeys(
  views: ViewReader,
  build: Build,
  projection: Projection,
  events: readonly RecordedEvent[],
  definitions: Definitions,
): Promise<readonly ChangedKey[]> {
  const { model } = projection;
  const found = new Map<string, ChangedKey>();
  const add = (key: string, first: Position, again = false): void => {
    const known = found.get(key);
    found.set(key, { key, first: known?.first ?? first, again: again || (known?.again ?? false) });
  };
  for (const event of events) {
    if (decisionTypes.includes(event.type)) {
      const { readModel, version, key } = (event as RecordedEvent & DeadLetterEvent).data;
      if (readModel !== model.name || version !== model.version) continue;
      if (key === null || isStreamKey(key)) throw readAgain(model, event.position, 'documents that waited were tried again, all at once');
      add(key, event.position, true);
      continue;
    }
    for (const { key, where } of changesOf(projection, event, definitions)) {
      if (key !== undefined) add(key, event.position);
      else for await (const each of keysThatHold(views, build, where, event.position)) add(each, event.position);
    }
  }
  return [...found.values()];
}

/** What a subscription ends with that can't tell what changed: as if it began anew. */
export function readAgain({ name }: ReadModelSpec, position: Position, why: string): GraphQLError {
  return new GraphQLError(
    `What changed in ${name} can't be told: ${why}. Read it again with minPosition ${position}, then subscribe after that.`,
    {
      extensions: { code: 'READ_AGAIN', resumeAfter: String(position) },
    },
  );
}

/** An event that can't be taken waits as a dead letter: it has changed nothing. */
function changesOf(projection: Projection, event: RecordedEvent, definitions: Definitions): readonly Change[] {
  try {
    return projection.changes(toCurrent(event, definitions));
  } catch {
    return [];
  }
}

/** The documents that held a value when an event came; those that hold it now, of a read model without a past. */
async function* keysThatHold(
  views: ViewReader,
  build: Build,
  { column, value }: NonNullable<Change['where']>,
  position: Position,
): AsyncGenerator<string, void, void> {
  const where: Where = { kind: 'is', column, op: 'eq', value };
  const past = build.model.history ? { asOf: position - 1 } : {};
  for (let after: string | undefined; ;) {
    const page = await views.list(build, { where, ...past, orderBy: [], first: CHUNK, ...(after === undefined ? {} : { after }) });
    const rows = JSON.parse(page.json) as readonly { readonly key: string; readonly cursor: string }[];
    for (const { key } of rows) yield key;
    if (!page.hasNext) return;
    after = rows.at(-1)?.cursor;
  }
}
