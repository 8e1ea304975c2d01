/** Applies an operator's decision to one build: reads the unapplied events from the log again, retries them, and commits the outcome. */
import { DeadLetterSkipped } from '../../contracts/operations/dead-letter.js';
import type { Position, RecordedEvent } from '../kernel/event.js';
import type { LeaseKeeper } from '../leases/keeper.js';
import type { EventLog } from '../log/port.js';
import type { DeadLetterChange, UnappliedEvent } from '../views/port/dead-letters.js';
import { DocumentRefused } from '../views/port/errors.js';
import type { ViewReader, ViewWriter } from '../views/port/store.js';
import { isStreamKey } from './dead-letter.js';
import { groupsOf, type Decision } from './decisions.js';
import type { Folded } from './fold.js';
import { retryAtDecision } from './retry-at-decision.js';
import { retryInPlace } from './retry-in-place.js';
import type { Run } from './run.js';
import type { UpcastEvent } from './upcast-event.js';

export interface ApplyDecisionContext {
  readonly log: EventLog;
  readonly views: Pick<ViewWriter, 'commit'>;
  readonly reader: Pick<ViewReader, 'unappliedEvents'>;
  readonly leases: Pick<LeaseKeeper, 'ensure'>;
  readonly read: (event: RecordedEvent, run: Run) => UpcastEvent;
}

/** What the store refused in earlier attempts of the same retry, in order. */
type Refusals = readonly DocumentRefused[];

/** Events of one document that are retried at a time. */
const CHUNK = 500;

/** Concurrent reads of the log. */
const CONCURRENT_READS = 100;

/** The build's checkpoint passes the decision only when all of its groups have been retried. */
export async function applyDecision(run: Run, decision: Decision, context: ApplyDecisionContext): Promise<void> {
  for (const keys of groupsOf(decision, run)) {
    const refused: DocumentRefused[] = [];
    for (;;) {
      try {
        await retryGroup(run, keys, decision, refused, context);
        break;
      } catch (failure) {
        if (!(failure instanceof DocumentRefused)) throw failure;
        refused.push(failure);
      }
    }
  }
}

/** @throws DocumentRefused when the store refuses the outcome: earlier commits of the group remain */
async function retryGroup(
  run: Run,
  keys: readonly string[],
  decision: Decision,
  refused: Refusals,
  context: ApplyDecisionContext,
): Promise<void> {
  const { views, leases } = context;
  const [key = ''] = keys;
  const retries = isStreamKey(key)
    ? retryStreams(run, keys, decision, refused, context)
    : retryDocument(run, key, decision, refused, context);
  for await (const { folded, resolved } of retries) {
    await views.commit([run.commit(folded, run.position, {}, await leases.ensure(run.leaseName))]);
    run.forget();
    for (const each of resolved) run.deadLetters.delete(each);
  }
}

/** What to commit, and which keys are no longer dead letters then. */
interface Retried {
  readonly folded: Folded;
  readonly resolved: readonly string[];
}

/** Retries the events of a document from the first on, until one fails. Yields what to commit, in order. */
async function* retryDocument(
  run: Run,
  key: string,
  decision: Decision,
  refused: Refusals,
  context: ApplyDecisionContext,
): AsyncGenerator<Retried> {
  for (let after: Position | undefined; ;) {
    const found = await context.reader.unappliedEvents(run.build, key, after === undefined ? { first: CHUNK } : { first: CHUNK, after });
    const unapplied = before(decision, found);
    const retried = notSkipped(decision, unapplied);
    const folded = await retryInPlace(run, key, retried, await readAgain(run, retried, context), decision, refused);
    const failed = folded.deadLetterChanges.length > 0;
    const isEnd = unapplied.length < found.length || found.length < CHUNK;
    yield { folded: withDone(folded, unapplied), resolved: isEnd && !failed ? [key] : [] };
    if (failed || isEnd) return;
    after = unapplied.at(-1)?.position;
  }
}

/**
 * Retries the events of all streams in one commit: several may change one document, at the same position, and a document that is stored at that
 * position counts as having all of them. If a crash interrupts the commit, some documents are written and others are not. So a first commit notes
 * which events are applied, by clearing their errors; the repeated retry uses it to tell applied events from failed ones.
 */
async function* retryStreams(
  run: Run,
  keys: readonly string[],
  decision: Decision,
  refused: Refusals,
  context: ApplyDecisionContext,
): AsyncGenerator<Retried> {
  const found: UnappliedEvent[] = [];
  for (const key of keys) found.push(...(await context.reader.unappliedEvents(run.build, key, { first: Number.MAX_SAFE_INTEGER })));
  const unapplied = before(decision, found).toSorted((a, b) => a.position - b.position);
  const retried = notSkipped(decision, unapplied);
  const folded = await retryAtDecision(run, retried, await readAgain(run, retried, context), decision, refused);
  const errors = new Map(folded.deadLetterChanges.map((event) => [idOf(event), event.error]));
  const noted = retried.map((event) => ({ ...event, error: errors.get(idOf(event)) ?? null }));
  const isNoted = noted.every(({ error }, index) => (error === null) === (retried[index]?.error === null));
  if (errors.size < retried.length && !isNoted) {
    yield { folded: { changes: [], deadLetterChanges: noted, documents: new Map(), deadLetters: new Set() }, resolved: [] };
  }
  const failed = new Set(folded.deadLetterChanges.map(({ key }) => key));
  yield { folded: withDone(folded, unapplied), resolved: keys.filter((key) => !failed.has(key)) };
}

/** Events after the decision were written by an interrupted commit, and are read from the log again. */
function before({ position }: Decision, found: readonly UnappliedEvent[]): readonly UnappliedEvent[] {
  return found.filter((event) => event.position < position);
}

function notSkipped({ type, data }: Decision, unapplied: readonly UnappliedEvent[]): readonly UnappliedEvent[] {
  const skipped = type === DeadLetterSkipped.type && 'eventId' in data ? data.eventId : undefined;
  return unapplied.filter(({ id }) => id !== skipped);
}

/** Adds the events that were applied or skipped. */
function withDone(folded: Folded, unapplied: readonly UnappliedEvent[]): Folded {
  const left = new Set(folded.deadLetterChanges.map(idOf));
  const done = unapplied
    .filter((event) => !left.has(idOf(event)))
    .map(({ key, position }): DeadLetterChange => ({ key, position, done: true }));
  return { ...folded, deadLetterChanges: [...folded.deadLetterChanges, ...done] };
}

/** Identifies an unapplied event. */
function idOf({ key, position }: Pick<UnappliedEvent, 'key' | 'position'>): string {
  return `${position} ${key}`;
}

/** The events as they are in the log. */
async function readAgain(run: Run, unapplied: readonly UnappliedEvent[], context: ApplyDecisionContext): Promise<readonly UpcastEvent[]> {
  const events: UpcastEvent[] = [];
  for (let at = 0; at < unapplied.length; at += CONCURRENT_READS) {
    events.push(...(await Promise.all(unapplied.slice(at, at + CONCURRENT_READS).map((event) => readOne(run, event, context)))));
  }
  return events;
}

/** @throws RangeError when the log does not have the event */
async function readOne(run: Run, { stream, revision, id }: UnappliedEvent, { log, read }: ApplyDecisionContext): Promise<UpcastEvent> {
  const [event] = await log.readStream(stream, revision, 1);
  if (event?.id !== id) {
    throw new RangeError(`${stream.type} ${stream.id}, revision ${revision}: the log does not have the unapplied event ${id}.`);
  }
  return read(event, run);
}
