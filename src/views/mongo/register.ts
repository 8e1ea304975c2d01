/**
 * The register: one document per read model, with its lease, its builds and their checkpoints. So moving a checkpoint under the lease and cutting over
 * are atomic writes, and projectors of different read models never write the same document.
 */
import type { Collection, Db } from 'mongodb';
import type { LeaseRow } from '../../leases/mongo.js';
import { shapeOf, type ReadModelSpec } from '../../kernel/read-model.js';
import { buildName, idOf, noProgress } from '../port/build-identity.js';
import { liveBuildError, mustBeReady } from '../shared/cut-over.js';
import type { Build, BuildId, BuildRecord } from '../port/builds.js';
import { BuildGone } from '../port/errors.js';
import { checkpointsOf, type PartitionsEntry } from './partitions.js';

/** A build's entry in the register. */
export interface BuildEntry extends Omit<BuildRecord, 'name' | 'partitions'> {
  /** How often it was reset: part of the names of its collections. */
  readonly generation: number;
  /** How many erasures its folds have to know. */
  readonly raised: number;
  /** How often its checkpoint was written; see `Checkpoint`. */
  readonly commits: number;
  /** Whether it has its indexes. */
  readonly indexed: boolean;
  /** Null or absent when the build is not partitioned. */
  readonly partitions?: PartitionsEntry | null;
}

export interface RegisterRow extends LeaseRow {
  /** The number of the next build; numbers are never reused. */
  readonly next?: number;
  /** By `fieldOf` the build's number. */
  readonly builds?: Readonly<Record<string, BuildEntry>>;
}

export type Register = Collection<RegisterRow>;

export function registerIn(db: Db): Register {
  return db.collection('register');
}

/** The same documents, as far as they are leases. */
export function leaseRowsIn(db: Db): Collection<LeaseRow> {
  return db.collection('register');
}

/** MongoDB takes numeric field names for array indexes. */
export function fieldOf(number: number): string {
  return `n${number}`;
}

export function recordsIn(rows: readonly RegisterRow[]): readonly BuildRecord[] {
  return rows
    .flatMap(({ _id: name, builds = {} }) => Object.values(builds).map((entry) => recordOf(name, entry)))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.number - b.number));
}

function recordOf(name: string, { generation: _, commits: __, indexed: ___, raised: ____, partitions, ...entry }: BuildEntry): BuildRecord {
  if (!partitions) return { name, ...entry };
  const checkpoints = checkpointsOf(partitions);
  const { commits: _____, raised: ______, ...slowest } = checkpoints.reduce((last, each) => (each.position < last.position ? each : last));
  const { until } = partitions;
  const positions = checkpoints.map(({ position }) => position);
  return { name, ...entry, ...slowest, partitions: { until, positions, erasures: checkpoints.map(({ erasures }) => erasures) } };
}

/** Undefined when the build was dropped, or its number belongs to another version. */
export function entryIn(row: RegisterRow | null | undefined, { model, number }: Build): BuildEntry | undefined {
  const entry = row?.builds?.[fieldOf(number)];
  return entry?.version === model.version && entry.shape === shapeOf(model) ? entry : undefined;
}

export async function registered(register: Register, build: Build): Promise<BuildEntry | undefined> {
  return entryIn(await register.findOne({ _id: build.model.name }), build);
}

/** @throws BuildGone */
export async function mustBeRegistered(register: Register, build: Build): Promise<BuildEntry> {
  return mustBeIn(await register.findOne({ _id: build.model.name }), build);
}

/** @throws BuildGone */
export function mustBeIn(row: RegisterRow | null | undefined, build: Build): BuildEntry {
  const entry = entryIn(row, build);
  if (!entry) throw new BuildGone(buildName(idOf(build)));
  return entry;
}

/** See `BuildRegister.begin`. */
export async function beginBuild(register: Register, model: ReadModelSpec): Promise<Build> {
  const { name: _id, version } = model;
  const shape = shapeOf(model);
  for (;;) {
    const { next = 1, builds = {} } = (await register.findOne({ _id })) ?? {};
    const entries = Object.values(builds);
    const underWay = entries.findLast((entry) => entry.version === version && entry.shape === shape && entry.state === 'building');
    if (underWay) return { model, number: underWay.number };
    const now = new Date().toISOString();
    const live = entries.some(({ state }) => state === 'live');
    const entry: BuildEntry = {
      ...noProgress,
      number: next,
      version,
      shape,
      state: live ? 'building' : 'live',
      position: 0,
      erasures: 0,
      raised: 0,
      startedAt: now,
      servedAt: live ? null : now,
      deadLetters: 0,
      generation: 0,
      commits: 0,
      indexed: false,
    };
    await register.updateOne({ _id }, { $setOnInsert: { builds: {} } }, { upsert: true });
    const unchanged = { _id, next: next === 1 ? { $in: [1, null] } : next } as { _id: string };
    const { matchedCount } = await register.updateOne(unchanged, { $set: { next: next + 1, [`builds.${fieldOf(next)}`]: entry } });
    if (matchedCount === 1) return { model, number: next };
  }
}

/** @throws BuildGone, NotReady */
export async function makeLive(register: Register, id: BuildId): Promise<void> {
  for (;;) {
    const { builds = {} } = (await register.findOne({ _id: id.name })) ?? {};
    const build = builds[fieldOf(id.number)];
    const live = Object.values(builds).find(({ state }) => state === 'live');
    if (build?.version !== id.version) throw new BuildGone(buildName(id));
    if (build === live) return;
    mustBeReady(id, build, live);
    const now = new Date().toISOString();
    const to = `builds.${fieldOf(id.number)}`;
    const from = live && `builds.${fieldOf(live.number)}`;
    // Guarded by the states and positions that the decision is based on: both builds may have changed meanwhile.
    const { matchedCount } = await register.updateOne(
      {
        _id: id.name,
        [`${to}.state`]: { $in: ['ready', 'retired'] },
        ...(from ? { [`${from}.state`]: 'live', $expr: { $gte: [`$${to}.position`, `$${from}.position`] } } : {}),
      },
      {
        $set: {
          [`${to}.state`]: 'live',
          [`${to}.servedAt`]: now,
          ...(from ? { [`${from}.state`]: 'retired', [`${from}.servedAt`]: now } : {}),
        },
      },
    );
    if (matchedCount === 1) return;
  }
}

/** Removes a build from the register; its collections remain until they are dropped. @throws NotReady when it is live. */
export async function unregister(register: Register, id: BuildId): Promise<void> {
  const field = `builds.${fieldOf(id.number)}`;
  const { matchedCount } = await register.updateOne(
    { _id: id.name, [`${field}.version`]: id.version, [`${field}.state`]: { $ne: 'live' } },
    { $unset: { [field]: true } },
  );
  if (matchedCount === 1) return;
  const row = await register.findOne({ _id: id.name });
  if (row?.builds?.[fieldOf(id.number)]?.version === id.version) {
    throw liveBuildError(id);
  }
}
