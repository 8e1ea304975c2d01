/** Builds read models aside, from the first event on, and compares them with the builds that answer, document by document. */
import type { Definitions } from '../../contracts/definitions.js';
import type { Position } from '../kernel/event.js';
import type { Document, Projection } from '../kernel/projection.js';
import type { EventLog } from '../log/port.js';
import { hasBuild } from '../views/port/build-identity.js';
import { servedBuild } from '../views/serving/versions.js';
import type { Served } from '../views/port/builds.js';
import { NotReady } from '../views/port/errors.js';
import { SCAN_PAGE } from '../views/port/audit.js';
import type { ViewReader, ViewWriter } from '../views/port/store.js';
import { Comparison } from './comparison.js';
import type { Difference } from './difference.js';
import { Projector } from './projector.js';

export interface Verification {
  readonly readModel: string;
  readonly version: number;
  readonly number: number;
  /** The position at which both were compared. */
  readonly position: Position;
  readonly documents: number;
  /** Documents that differ because they are dead letters; not counted in `differing`. */
  readonly deadLetters: number;
  /** The first of them. */
  readonly differences: readonly Difference[];
  readonly differing: number;
}

export interface VerifyOptions {
  readonly log: EventLog;
  readonly live: ViewReader;
  /** An empty store, deleted by the caller afterwards. */
  readonly scratch: { readonly writer: ViewWriter; readonly reader: ViewReader };
  readonly projections: readonly Projection[];
  /** Read models that no process projects: compared at their current position, since they don't advance. */
  readonly unprojected?: readonly string[];
  readonly definitions?: Definitions;
  readonly pageSize?: number;
  /** How many differences are returned; defaults to 100. */
  readonly maxDifferences?: number;
  readonly onProgress?: (step: 'build' | 'compare', done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** How long a build may take to reach the end of the log as of the start, in milliseconds. */
const PATIENCE_MS = 60_000;

/**
 * Verifies the builds of these projections that answer. Writers may continue: both builds are compared as of one position.
 * @throws PositionTimeout when a build is behind the log and does not catch up
 */
export async function verify(options: VerifyOptions): Promise<readonly Verification[]> {
  const { log, live, scratch: aside, projections, definitions, pageSize = 5_000, onProgress, signal } = options;
  const projector = new Projector({
    log,
    views: aside.writer,
    reader: aside.reader,
    projections,
    pageSize,
    deadLetterLimit: Number.MAX_SAFE_INTEGER,
    ...(definitions ? { definitions } : {}),
  });
  const buildTo = async (to?: Position): Promise<Position> =>
    projector.catchUp({
      ...(to === undefined ? {} : { to }),
      onProgress: (done, total) => onProgress?.('build', done, total),
      ...(signal ? { signal } : {}),
    });
  const compared = [];
  // The builds that are furthest behind come first: the fresh builds advance together, from one position to the next.
  const subjects = await targets(options);
  for (const [index, { model, target }] of subjects.entries()) {
    let position = await buildTo(target);
    const stored = servedBuild(await live.builds(), model);
    const made = servedBuild(await aside.reader.builds(), model);
    const comparison = new Comparison({ live, stored, scratch: aside.reader, made });
    await live.waitFor(stored, position, PATIENCE_MS);
    if (!hasBuild(stored)) throw new NotReady(`Not built yet: ${model.name}.`);
    const all = await comparison.all(position, (part) => onProgress?.('compare', index + part, subjects.length), signal);
    onProgress?.('compare', index + 1, subjects.length);
    let suspects = all.differences;
    if (!model.history && suspects.length > 0) {
      // Without past versions both builds must be at the same position: the fresh one is brought to where the live one was read.
      const snapshot = await readAtOnePosition(live, stored, suspects);
      position = await buildTo(snapshot.position);
      suspects = await comparison.current(suspects, snapshot.documents);
    }
    compared.push({ stored, made, comparison, position, suspects, open: all.open });
  }
  const verifications: Verification[] = [];
  for (const { stored, made, comparison, position, suspects, open } of compared) {
    const all = [...suspects, ...(await comparison.settle(open, () => buildTo()))];
    const deadLetters = await deadLettersAmong(live, stored, all);
    const differences = all.filter(({ key }) => !deadLetters.has(key));
    const told = differences.slice(0, options.maxDifferences ?? 100);
    const freshDeadLetters = await deadLettersAmong(aside.reader, made, told);
    verifications.push({
      readModel: stored.model.name,
      version: stored.model.version,
      number: stored.number,
      position,
      documents: comparison.documents,
      deadLetters: deadLetters.size,
      differences: told.map((difference) => (freshDeadLetters.has(difference.key) ? withDeadLetter(difference) : difference)),
      differing: differences.length,
    });
  }
  const order = projections.map(({ model }) => model.name);
  return verifications.toSorted((a, b) => order.indexOf(a.readModel) - order.indexOf(b.readModel));
}

/** The position at which each is compared: the end of the log, or its own if it does not advance. The lowest position comes first. */
async function targets({ log, live, projections, unprojected: standing = [] }: VerifyOptions) {
  const head = await log.head();
  const records = await live.builds();
  return projections
    .map(({ model }) => {
      const { number } = servedBuild(records, model);
      const record = records.find(({ name, number: other }) => name === model.name && other === number);
      const stays = standing.includes(model.name) || (record !== undefined && record.error !== null);
      return { model, target: stays ? Math.min(head, record?.position ?? 0) : head };
    })
    .sort((a, b) => a.target - b.target);
}

/** Documents of a build, read at one position. */
async function readAtOnePosition(
  reader: ViewReader,
  build: Served,
  suspects: readonly Difference[],
): Promise<{ readonly position: Position; readonly documents: readonly (Document | null)[] }> {
  for (;;) {
    const position = await reader.position(build);
    const documents = await reader.get(
      build,
      suspects.map(({ key }) => key),
    );
    if ((await reader.position(build)) === position) return { position, documents };
  }
}

/** A document that is a dead letter in the fresh build: this program's handler fails on an event that the live build has applied. */
function withDeadLetter(difference: Difference): Difference {
  return { ...difference, detail: `${difference.detail}; a rebuild makes a dead letter of it: this program fails on an event of it` };
}

async function deadLettersAmong(reader: ViewReader, build: Served, suspects: readonly Difference[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let at = 0; at < suspects.length; at += SCAN_PAGE) {
    const keys = suspects.slice(at, at + SCAN_PAGE).map(({ key }) => key);
    for (const { first } of await reader.deadLetters(build, { first: SCAN_PAGE, keys })) found.add(first.key);
  }
  return found;
}
