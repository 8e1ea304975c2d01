/** Builds read models aside, from the first event on, and compares them with the builds that answer, document by document. */
import type { Definitions } from '../../contracts/index.js';
import type { Position } from '../kernel/event.js';
import type { Document, Projection } from '../kernel/projection.js';
import type { EventLog } from '../log/port.js';
import { isBegun, servedBuild, type Served } from '../views/builds.js';
import { NotReady } from '../views/errors.js';
import { PART } from '../views/parts.js';
import type { ViewReader, ViewWriter } from '../views/port.js';
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
  /** Documents that wait in the build that answers: their differences are known and not counted. */
  readonly parked: number;
  /** The first of them. */
  readonly differences: readonly Difference[];
  readonly differing: number;
}

export interface VerifyOptions {
  readonly log: EventLog;
  readonly live: ViewReader;
  /** An empty store that is thrown away afterwards. */
  readonly aside: { readonly writer: ViewWriter; readonly reader: ViewReader };
  readonly projections: readonly Projection[];
  /** Read models that nobody projects: compared where they stand, for they come no nearer to the end of the log. */
  readonly standing?: readonly string[];
  readonly definitions?: Definitions;
  readonly pageSize?: number;
  /** How many differences are told in full; 100 unless said otherwise. */
  readonly told?: number;
  readonly onProgress?: (step: 'build' | 'compare', done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** How long a build that answers may take to reach what the log held at the start, in milliseconds. */
const PATIENCE_MS = 60_000;

/**
 * Verifies the builds of these projections that answer now. Writers may go on meanwhile: both sides are compared as of one position.
 * @throws NotYetThere when a build is behind the log and does not come nearer
 */
export async function verify(options: VerifyOptions): Promise<readonly Verification[]> {
  const { log, live, aside, projections, definitions, pageSize = 5_000, onProgress, signal } = options;
  const projector = new Projector({
    log,
    views: aside.writer,
    reader: aside.reader,
    projections,
    pageSize,
    parkedLimit: Number.MAX_SAFE_INTEGER,
    ...(definitions ? { definitions } : {}),
  });
  const buildTo = async (to?: Position): Promise<Position> =>
    projector.catchUp({
      ...(to === undefined ? {} : { to }),
      onProgress: (done, total) => onProgress?.('build', done, total),
      ...(signal ? { signal } : {}),
    });
  const compared = [];
  // What stands further back is compared first: the builds aside, which go on together, stand where each of these does in its turn.
  const subjects = await targets(options);
  for (const [index, { model, target }] of subjects.entries()) {
    let position = await buildTo(target);
    const stored = servedBuild(await live.builds(), model);
    const made = servedBuild(await aside.reader.builds(), model);
    const comparison = new Comparison({ live, stored, aside: aside.reader, made });
    await live.reached(stored, position, PATIENCE_MS);
    if (!isBegun(stored)) throw new NotReady(`Not built yet: ${model.name}.`);
    const all = await comparison.all(position, (part) => onProgress?.('compare', index + part, subjects.length), signal);
    onProgress?.('compare', index + 1, subjects.length);
    let suspects = all.differences;
    if (!model.history && suspects.length > 0) {
      // Without past versions both have to stand at the same position: the one aside is brought to where the other was read.
      const snapshot = await standingStill(live, stored, suspects);
      position = await buildTo(snapshot.position);
      suspects = await comparison.current(suspects, snapshot.documents);
    }
    compared.push({ stored, made, comparison, position, suspects, open: all.open });
  }
  const verifications: Verification[] = [];
  for (const { stored, made, comparison, position, suspects, open } of compared) {
    const all = [...suspects, ...(await comparison.settle(open, () => buildTo()))];
    const waiting = await parkedOf(live, stored, all);
    const differences = all.filter(({ key }) => !waiting.has(key));
    const told = differences.slice(0, options.told ?? 100);
    const untaken = await parkedOf(aside.reader, made, told);
    verifications.push({
      readModel: stored.model.name,
      version: stored.model.version,
      number: stored.number,
      position,
      documents: comparison.documents,
      parked: waiting.size,
      differences: told.map((difference) => (untaken.has(difference.key) ? withUntaken(difference) : difference)),
      differing: differences.length,
    });
  }
  const order = projections.map(({ model }) => model.name);
  return verifications.toSorted((a, b) => order.indexOf(a.readModel) - order.indexOf(b.readModel));
}

/** Up to where each is compared: to the end of the log, or to where it stands if it does not move, the furthest back first. */
async function targets({ log, live, projections, standing = [] }: VerifyOptions) {
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

/** The documents of a build and the position that they were read at. */
async function standingStill(
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

/** What a build made afresh lacks too, since this program can't take an event that the live one took. */
function withUntaken(difference: Difference): Difference {
  return { ...difference, detail: `${difference.detail}; built afresh it waits as a dead letter: this program can't take an event of it` };
}

async function parkedOf(reader: ViewReader, build: Served, suspects: readonly Difference[]): Promise<ReadonlySet<string>> {
  const waiting = new Set<string>();
  for (let at = 0; at < suspects.length; at += PART) {
    const keys = suspects.slice(at, at + PART).map(({ key }) => key);
    for (const { first } of await reader.parked(build, { first: PART, keys })) waiting.add(first.key);
  }
  return waiting;
}
