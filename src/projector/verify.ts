/** Builds read models aside, from the first event on, and compares them with the builds that answer, document by document. */
import { isDeepStrictEqual } from 'node:util';
import type { Definitions } from '../../contracts/index.js';
import type { Position } from '../kernel/event.js';
import type { Document, Projection } from '../kernel/projection.js';
import type { EventLog } from '../log/port.js';
import { servedBuild, type Build } from '../views/builds.js';
import type { DocumentHistory, ViewReader, ViewWriter } from '../views/port.js';
import { Projector } from './projector.js';

/** One document that is not what the events make of it. */
export interface Difference {
  readonly key: string;
  readonly problem: 'missing' | 'unexplained' | 'changed' | 'history' | 'damaged';
  /** What is wrong, for people. */
  readonly detail: string;
  /** What the events make; null: there should be no document. */
  readonly expected: Document | null;
  /** What is stored; null: there is no document. */
  readonly actual: Document | null;
  /** What of its stored form does not follow from the stored document: an index, a column. */
  readonly damage?: string;
}

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

/** Documents compared at a time. */
const PAGE = 500;

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
  const verifications: Verification[] = [];
  // What stands further back is compared first: the builds aside, which go on together, stand where each of these does in its turn.
  const subjects = await targets(options);
  for (const [index, { model, target }] of subjects.entries()) {
    let position = await buildTo(target);
    const stored = servedBuild(await live.builds(), model);
    const made = servedBuild(await aside.reader.builds(), model);
    const comparison = new Comparison({ live, stored, aside: aside.reader, made });
    await live.reached(stored, position, PATIENCE_MS);
    const all = await comparison.all(position, (part) => onProgress?.('compare', index + part, subjects.length), signal);
    onProgress?.('compare', index + 1, subjects.length);
    let suspects = all;
    if (!model.history && all.length > 0) {
      // Without past versions both have to stand at the same position: the one aside is brought to where the other was read.
      const snapshot = await standingStill(live, stored, all);
      position = await buildTo(snapshot.position);
      suspects = await comparison.current(all, snapshot.documents);
    }
    const waiting = await parkedOf(live, stored, suspects);
    const differences = suspects.filter(({ key }) => !waiting.has(key));
    verifications.push({
      readModel: model.name,
      version: model.version,
      number: stored.number,
      position,
      documents: comparison.documents,
      parked: waiting.size,
      differences: differences.slice(0, options.told ?? 100),
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

interface Sides {
  readonly live: ViewReader;
  readonly stored: Build;
  readonly aside: ViewReader;
  readonly made: Build;
}

/** Two builds of one read model, side by side in the order of their keys. */
class Comparison {
  documents = 0;

  constructor(private readonly sides: Sides) {}

  async all(position: Position, onProgress: (part: number) => void, signal?: AbortSignal): Promise<readonly Difference[]> {
    const { live, stored, aside, made } = this.sides;
    const differences: Difference[] = [];
    const total = Math.max(1, await aside.count(made, {}));
    const [ours, theirs] = [pages(live, stored), pages(aside, made)];
    let [actual, expected] = [await ours.next(), await theirs.next()];
    while (actual.value !== undefined || expected.value !== undefined) {
      signal?.throwIfAborted();
      const order = byKey(actual.value, expected.value);
      const difference = this.#compare(order <= 0 ? actual.value : undefined, order >= 0 ? expected.value : undefined, position);
      if (difference) differences.push(difference);
      if (order <= 0) actual = await ours.next();
      if (order >= 0) expected = await theirs.next();
      this.documents += 1;
      if (this.documents % PAGE === 0) onProgress(Math.min(1, this.documents / total));
    }
    return differences;
  }

  /** The differences that are still there between these documents of the one and the other's current ones. Damage stays. */
  async current(suspects: readonly Difference[], documents: readonly (Document | null)[]): Promise<readonly Difference[]> {
    const { aside, made } = this.sides;
    const expected = await aside.get(
      made,
      suspects.map(({ key }) => key),
    );
    return suspects.flatMap((suspect, index): readonly Difference[] => {
      const [are, should] = [documents[index] ?? null, expected[index] ?? null];
      const difference = withDamage(different(suspect.key, are, should), suspect.damage, {
        key: suspect.key,
        expected: should,
        actual: are,
      });
      return difference ? [difference] : [];
    });
  }

  #compare(actual: DocumentHistory | undefined, expected: DocumentHistory | undefined, position: Position): Difference | undefined {
    const key = (actual ?? expected)?.key ?? '';
    const { history } = this.sides.stored.model;
    const [are, should] = [upTo(actual, position, history), upTo(expected, position, history)];
    const [now, then] = [currentOf(are), currentOf(should)];
    const both = { key, expected: then, actual: now };
    const difference = different(key, now, then);
    if (difference || isDeepStrictEqual(are, should)) return withDamage(difference, actual?.damage, both);
    return withDamage({ ...both, problem: 'history', detail: firstDifference(are, should) }, actual?.damage, both);
  }
}

/** What differs comes first; damage alone is a difference too. */
function withDamage(
  difference: Difference | undefined,
  damage: string | undefined,
  both: Pick<Difference, 'key' | 'expected' | 'actual'>,
): Difference | undefined {
  if (damage === undefined) return difference;
  const detail = `columns or indexes do not follow from the document in ${damage}`;
  if (!difference) return { ...both, problem: 'damaged', detail, damage };
  return { ...difference, detail: `${difference.detail}; ${detail}`, damage };
}

function different(key: string, actual: Document | null, expected: Document | null): Difference | undefined {
  if (actual === null && expected === null) return undefined;
  if (actual === null) return { key, problem: 'missing', detail: 'not stored, though events make it', expected, actual };
  if (expected === null) return { key, problem: 'unexplained', detail: 'stored, though no event makes it', expected, actual };
  if (isDeepStrictEqual(actual, expected)) return undefined;
  const names = differingColumns(actual, expected);
  return { key, problem: 'changed', detail: `${names.join(', ')} ${names.length === 1 ? 'differs' : 'differ'}`, expected, actual };
}

/** The documents of a build and the position that they were read at. */
async function standingStill(
  reader: ViewReader,
  build: Build,
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

async function parkedOf(reader: ViewReader, build: Build, suspects: readonly Difference[]): Promise<ReadonlySet<string>> {
  const waiting = new Set<string>();
  for (let at = 0; at < suspects.length; at += PAGE) {
    const keys = suspects.slice(at, at + PAGE).map(({ key }) => key);
    for (const { first } of await reader.parked(build, { first: PAGE, keys })) waiting.add(first.key);
  }
  return waiting;
}

function byKey(a: DocumentHistory | undefined, b: DocumentHistory | undefined): number {
  if (!a || !b) return a ? -1 : 1;
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
}

function currentOf(versions: readonly Version[]): Document | null {
  const last = versions.at(-1);
  return last?.until === null ? last.document : null;
}

type Version = DocumentHistory['versions'][number];

/** The versions as they were seen at a position: later ones are not there yet, and those superseded later are current. */
function upTo(history: DocumentHistory | undefined, position: Position, kept: boolean): readonly Version[] {
  const versions = history?.versions ?? [];
  if (!kept) return versions;
  return versions
    .filter(({ since }) => since <= position)
    .map((version) => (version.until !== null && version.until > position ? { ...version, until: null } : version));
}

function differingColumns(a: Document | null, b: Document | null): readonly string[] {
  const names = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
  return [...names].filter((name) => !isDeepStrictEqual(a?.[name], b?.[name]));
}

function firstDifference(are: readonly Version[], should: readonly Version[]): string {
  const index = Math.max(
    0,
    [...are, ...should].findIndex((_, at) => !isDeepStrictEqual(are[at], should[at])),
  );
  const [is, ought] = [are[index], should[index]];
  const told = (version: Version | undefined): string => (version ? `from ${version.since} until ${version.until ?? 'now'}` : 'not there');
  const columns = is && ought ? differingColumns(is.document, ought.document) : [];
  return `version ${index + 1} of ${should.length}: stored ${told(is)}, made ${told(ought)}${columns.length > 0 ? `; ${columns.join(', ')} differ` : ''}`;
}

async function* pages(reader: ViewReader, build: Build): AsyncGenerator<DocumentHistory, undefined, undefined> {
  for (let after: string | undefined; ;) {
    const page = await reader.scan(build, after, PAGE);
    yield* page;
    if (page.length < PAGE) return undefined;
    after = page.at(-1)?.key;
  }
}
