/** Builds: the copies of read models that there are, of several versions or of one, and which of them answers. */
import type { Position } from '../kernel/event.js';
import { shapeOf, type ReadModelSpec } from '../kernel/read-model.js';
import { NotReady } from './errors.js';

/** What answers queries of a version of a read model: a build, or none while none has been begun. None stands at 0 and has no documents. */
export interface Served {
  readonly model: ReadModelSpec;
  /** Of the build; undefined while there is none. */
  readonly number: number | undefined;
  /** Which of its partitions is meant, from 0; the whole build when absent. See `Divided`. */
  readonly partition?: number;
}

/** One built copy of a read model. Documents of two builds never mix. */
export interface Build extends Served {
  /** Counted from 1 for each read model, whatever the version. */
  readonly number: number;
}

/** Whether a build has been begun that answers. */
export function isBegun(served: Served): served is Build {
  return served.number !== undefined;
}

/** What tells a build from every other, also in a program that does not have its version. */
export interface BuildId {
  readonly name: string;
  readonly version: number;
  readonly number: number;
}

/**
 * `building`: from the first event on, beside the live one, if there is one. `ready`: has caught up, and tails.
 * `live`: answers queries. `retired`: was live; tails, so that it can be again.
 */
export type BuildState = 'building' | 'ready' | 'live' | 'retired';

/** How far a build has come, as its projector saw it. */
export interface Progress {
  /** Events that it was given, of the types that it names. */
  readonly events: number;
  /** The end of the log when it was last looked at. */
  readonly head: Position;
  /** Events that it was given per second, over the seconds before it was measured; what that says now is `rateNow`. */
  readonly rate: number;
  /** Positions of the log that it went on by per second, likewise. */
  readonly pace: number;
  /** When rate and pace were measured, ISO 8601; null before. */
  readonly measuredAt: string | null;
  /** When it had caught up with the log for the first time, ISO 8601; null before. */
  readonly finishedAt: string | null;
  /** Why it does not go on. No personal data. */
  readonly error: string | null;
}

/** What the register knows of a build. */
export interface BuildRecord extends BuildId, Progress {
  /** `shapeOf` the columns that it was begun with. */
  readonly shape: string;
  readonly state: BuildState;
  readonly position: Position;
  /** When it was registered, ISO 8601. */
  readonly startedAt: string;
  /** When it became live or retired last, ISO 8601; null before. */
  readonly servedAt: string | null;
  /** Documents that wait. */
  readonly parked: number;
  /** While it is brought up in partitions; its own position and progress are those of the one that is behind the others. */
  readonly divided?: Divided;
}

/** A build that several processes bring up together: each partition has the documents of some keys, and a checkpoint of its own. */
export interface Divided {
  /** Up to where they are brought; then they are put together. */
  readonly until: Position;
  /** Where each of them stands. */
  readonly positions: readonly Position[];
}

/** The partition that has the documents of a key: by its FNV-1a hash (Fowler, Noll, Vo; 32 bits, over UTF-16 code units). */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % partitions;
}

export const noProgress: Progress = { events: 0, head: 0, rate: 0, pace: 0, measuredAt: null, finishedAt: null, error: null };

/** Whether a build is one of this read model's version and columns. */
export function isOf(record: BuildRecord, model: ReadModelSpec): boolean {
  return record.name === model.name && record.version === model.version && record.shape === shapeOf(model);
}

/** What people call a build: read model, version, number: `leads@2#3`. */
export function buildName({ name, version, number }: BuildId): string {
  return `${name}@${version}#${number}`;
}

/**
 * The version of a read model that answers in a program that has these versions of it: the live one, where the program has it; else the
 * newest of the program's own, as far as that has come.
 */
export function servedModel(records: readonly BuildRecord[], versions: readonly ReadModelSpec[]): ReadModelSpec {
  const live = versions.find((model) => records.some((record) => record.state === 'live' && isOf(record, model)));
  return live ?? newest(versions);
}

export function idOf({ model: { name, version }, number }: Build): BuildId {
  return { name, version, number };
}

/** The build of exactly this version that answers: the live one, else the one retired or begun last. */
export function servedBuild(records: readonly BuildRecord[], model: ReadModelSpec): Served {
  const order: readonly BuildState[] = ['building', 'ready', 'retired', 'live'];
  const [best] = records
    .filter((record) => isOf(record, model))
    .sort((a, b) => order.indexOf(b.state) - order.indexOf(a.state) || b.number - a.number);
  return { model, number: best?.number };
}

/** What is of a version of a read model, such as a projection. */
interface Versioned {
  readonly model: ReadModelSpec;
}

/** Of each read model, what is of the version that answers: see `servedModel`. */
export function servedVersions<Of extends Versioned>(records: readonly BuildRecord[], all: readonly Of[]): readonly Of[] {
  return all.filter(({ model }) => servedModel(records, versionsOf(all, model.name)) === model);
}

/** Of each read model, what is of the newest version: what is built, and answers once it is. */
export function newestVersions<Of extends Versioned>(all: readonly Of[]): readonly Of[] {
  return all.filter(({ model }) => newest(versionsOf(all, model.name)) === model);
}

function versionsOf(all: readonly Versioned[], name: string): readonly ReadModelSpec[] {
  return all.flatMap(({ model }) => (model.name === name ? [model] : []));
}

/** Orders builds: those that were live, or ceased to be, last; then those begun last. */
export function lastServedFirst(a: BuildRecord, b: BuildRecord): number {
  return (b.servedAt ?? '').localeCompare(a.servedAt ?? '') || b.number - a.number;
}

/** @throws NotReady when a build can't take the live one's place: it is being built, or behind. */
export function mustBeReady(
  id: BuildId,
  build: Pick<BuildRecord, 'state' | 'position'>,
  live: Pick<BuildRecord, 'version' | 'number' | 'position'> | undefined,
): void {
  const behind = live !== undefined && live.position > build.position;
  if (build.state !== 'building' && !behind) return;
  const why = build.state === 'building' ? 'is still being built' : 'is behind the live one';
  const stands = live ? `, and the live ${buildName({ ...live, name: id.name })} at ${live.position}` : '';
  throw new NotReady(`${buildName(id)} ${why}: it is at position ${build.position}${stands}. Try again when it has caught up.`);
}

/** That a build can't be taken away: it is the live one. */
export function isLive(id: BuildId): NotReady {
  return new NotReady(`${buildName(id)} is the live one. Let another one take its place first.`);
}

/** @throws TypeError when there is none */
export function newest(versions: readonly ReadModelSpec[]): ReadModelSpec {
  return versions.reduce((best, model) => (model.version > best.version ? model : best));
}
