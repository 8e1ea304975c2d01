/**
 * The register: one document for each read model, with its lease and all its builds and their checkpoints. So a checkpoint is moved under
 * the lease in one atomic write, cut-over is one atomic write, and projectors of different read models never write the same document.
 */
import type { Collection, Db } from 'mongodb';
import { shapeOf, type ReadModelSpec } from '../../kernel/read-model.js';
import { buildName, idOf, isLive, mustBeReady, noProgress, type Build, type BuildId, type BuildRecord } from '../builds.js';
import { BuildGone } from '../errors.js';
import { partitionsOf, type DividedEntry } from './division.js';

/** A build as the register has it. */
export interface BuildEntry extends Omit<BuildRecord, 'name' | 'divided'> {
  /** How often it was emptied: part of the names of its collections. */
  readonly generation: number;
  /** How often its checkpoint was written; see `Checkpoint`. */
  readonly commits: number;
  /** Whether it has its indexes. */
  readonly indexed: boolean;
  /** While it is brought up in partitions; null and absent: it is in one. */
  readonly divided?: DividedEntry | null;
}

export interface RegisterRow {
  readonly _id: string;
  /** The number of the next build: numbers are never used again. */
  readonly next?: number;
  /** By `fieldOf` their numbers. */
  readonly builds?: Readonly<Record<string, BuildEntry>>;
  /** `until` in milliseconds since 1970; 0 when it was given back. */
  readonly lease?: { readonly holder: string; readonly token: number; readonly until: number };
}

export type Register = Collection<RegisterRow>;

export function registerIn(db: Db): Register {
  return db.collection('register');
}

/** Field names that are numbers would be taken for places in an array. */
export function fieldOf(number: number): string {
  return `n${number}`;
}

export function recordsIn(rows: readonly RegisterRow[]): readonly BuildRecord[] {
  return rows
    .flatMap(({ _id: name, builds = {} }) => Object.values(builds).map((entry) => recordOf(name, entry)))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.number - b.number));
}

function recordOf(name: string, { generation: _, commits: __, indexed: ___, divided, ...entry }: BuildEntry): BuildRecord {
  if (!divided) return { name, ...entry };
  const partitions = partitionsOf(divided);
  const { commits: ____, ...slowest } = partitions.reduce((last, partition) => (partition.position < last.position ? partition : last));
  return { name, ...entry, ...slowest, divided: { until: divided.until, positions: partitions.map(({ position }) => position) } };
}

/** Undefined when the build was dropped, or its number is another version's. */
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

/** The build of this version and these columns that is being built, else a new one: the live one where there is none. */
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
      startedAt: now,
      servedAt: live ? null : now,
      parked: 0,
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
    // Guarded by all that was decided by, positions included: both builds may have been moved meanwhile.
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

/** Takes a build out of the register; its collections stay until they are dropped. @throws NotReady */
export async function forget(register: Register, id: BuildId): Promise<void> {
  const field = `builds.${fieldOf(id.number)}`;
  const { matchedCount } = await register.updateOne(
    { _id: id.name, [`${field}.version`]: id.version, [`${field}.state`]: { $ne: 'live' } },
    { $unset: { [field]: true } },
  );
  if (matchedCount === 1) return;
  const row = await register.findOne({ _id: id.name });
  if (row?.builds?.[fieldOf(id.number)]?.version === id.version) {
    throw isLive(id);
  }
}
