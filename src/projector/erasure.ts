/**
 * Applies erasures to one build: documents that hold what was erased are folded anew, from their first event on, and everything that the build
 * held of them is replaced.
 */
import type { Position, RecordedEvent, Stream } from '../kernel/event.js';
import { parseStreamName } from '../kernel/event.js';
import type { LeaseKeeper } from '../leases/keeper.js';
import type { EventLog } from '../log/port.js';
import type { DocumentChange, Rewrite } from '../views/port/commits.js';
import type { UnappliedEvent } from '../views/port/dead-letters.js';
import type { StoredDocument } from '../views/port/documents.js';
import type { ViewReader, ViewWriter } from '../views/port/store.js';
import { isStreamKey, streamKey } from './dead-letter.js';
import { decisionTypes, skippedIn } from './decisions.js';
import { fold } from './fold.js';
import { keysOf, planOf } from './plan.js';
import type { Run } from './run.js';
import type { UpcastEvent } from './upcast-event.js';

export interface ErasureContext {
  readonly log: EventLog;
  readonly views: Pick<ViewWriter, 'commit' | 'raiseErasures'>;
  readonly reader: Pick<ViewReader, 'unappliedEvents'>;
  readonly leases: Pick<LeaseKeeper, 'ensure'>;
  readonly read: (event: RecordedEvent, run: Run) => UpcastEvent;
}

/** An event changes documents that can't be named without folding all events: the build has to be made anew. */
export class NotRewritable extends Error {
  override readonly name = 'NotRewritable';
}

/** Events per read of the log. */
const PAGE = 2_000;

/**
 * @param events those that erase; the log withholds what they erased
 * @param knowing how many erasures the build knows afterwards
 * @throws NotRewritable
 */
export async function applyErasures(run: Run, events: readonly RecordedEvent[], knowing: number, context: ErasureContext): Promise<void> {
  const { views, leases } = context;
  const lease = await leases.ensure(run.leaseName);
  const keys = new Set(await views.raiseErasures(run.build, knowing, lease));
  run.erasures = knowing;
  for (const stream of events.flatMap(streamsOf)) for (const key of await documentsOf(run, stream, context)) keys.add(key);
  const rewrites: Rewrite[] = [];
  for (const key of keys) if (run.ownsKey(key)) rewrites.push(await rewriteOf(run, key, context));
  await views.commit([{ ...run.commit({ changes: [], deadLetterChanges: [] }, run.position, {}, lease), rewrites }]);
  run.forget();
  for (const { key, deadLetters } of rewrites) {
    if (deadLetters.length > 0) run.deadLetters.add(key);
    else run.deadLetters.delete(key);
  }
}

/** The streams whose sealed fields an event withholds. */
function streamsOf({ stream, data }: RecordedEvent): readonly Stream[] {
  const { streams } = data as { readonly streams?: readonly string[] };
  return streams?.map(parseStreamName) ?? [stream];
}

/** The keys of the documents that the events of a stream change. */
async function documentsOf(run: Run, stream: Stream, context: ErasureContext): Promise<ReadonlySet<string>> {
  const events = handledBy(run, await context.log.readStream(stream));
  const plan = planOf(
    run.projection,
    events.map((event) => context.read(event, run)),
  );
  if (plan.some(({ changes }) => changes?.some(({ where }) => where !== undefined))) {
    throw new NotRewritable(`${run.name}: an event of ${stream.type} ${stream.id} changes documents by the value of a column.`);
  }
  const ofStream = events.map(streamKey).filter((key) => run.deadLetters.has(key));
  return new Set([...keysOf(plan), ...ofStream]);
}

function handledBy(run: Run, events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.filter(({ type, position }) => run.types.has(type) && position <= run.position);
}

/** Folds a document from its first event on. */
async function rewriteOf(run: Run, key: string, context: ErasureContext): Promise<Rewrite> {
  if (isStreamKey(key)) return { key, versions: [], deadLetters: await withoutErrors(run, key, context) };
  const rewrite = await foldAgain(run, key, new Set(), context);
  if (rewrite.deadLetters.length === 0) return rewrite;
  const skipped = await skippedOf(run, key, context);
  return skipped.size === 0 ? rewrite : foldAgain(run, key, skipped, context);
}

async function foldAgain(run: Run, key: string, skipped: ReadonlySet<string>, context: ErasureContext): Promise<Rewrite> {
  const { projection } = run;
  const versions: DocumentChange[] = [];
  const deadLetters: UnappliedEvent[] = [];
  let stored: StoredDocument | null = null;
  const now = new Date().toISOString();
  for await (const page of eventsOf(run, key, context)) {
    const events = page.filter(({ id }) => !skipped.has(id)).map((event) => context.read(event, run));
    const before: StoredDocument | null = stored;
    const { changes, deadLetterChanges, documents } = await fold({
      projection,
      events,
      documents: { load: async () => new Map([[key, before]]), find: async () => [] },
      deadLetters: new Set(deadLetters.length > 0 ? [key] : []),
      refused: new Map(),
      now,
      only: key,
    });
    versions.push(...changes);
    for (const change of deadLetterChanges) if (!('done' in change)) deadLetters.push(change);
    stored = documents.get(key) ?? null;
  }
  return { key, versions, deadLetters };
}

/** The events up to the build's position that may change a document: those of its stream where it has one, otherwise all. */
async function* eventsOf(run: Run, key: string, { log }: ErasureContext): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  const { projection, position } = run;
  if (projection.streamOf) {
    yield handledBy(run, await log.readStream(projection.streamOf(key)));
    return;
  }
  for (let at = 0; at < position;) {
    const page = await log.readAll(at, PAGE, projection.types);
    yield page.events.filter((event) => event.position <= position);
    at = page.position;
  }
}

/** The ids of the events that operators had skipped for a document. */
async function skippedOf(run: Run, key: string, { log }: ErasureContext): Promise<ReadonlySet<string>> {
  const skipped = new Set<string>();
  for (let at: Position = 0; at < run.position;) {
    const page = await log.readAll(at, PAGE, decisionTypes);
    for (const event of page.events) {
      const id = event.position <= run.position ? skippedIn(event, run, key) : undefined;
      if (id !== undefined) skipped.add(id);
    }
    at = page.position;
  }
  return skipped;
}

/** The dead letters of a stream, without the texts of errors, which may quote what was erased. */
async function withoutErrors(run: Run, key: string, { reader }: ErasureContext): Promise<readonly UnappliedEvent[]> {
  const events = await reader.unappliedEvents(run.build, key, { first: Number.MAX_SAFE_INTEGER });
  return events.map((event) => (event.error === null ? event : { ...event, error: 'The error told of data that was erased.' }));
}
