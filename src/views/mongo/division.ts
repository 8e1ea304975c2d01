/** Builds that several processes bring up together: partitions in the register, each with a checkpoint that is guarded like that of a build. */
import type { Position } from '../../kernel/event.js';
import { noProgress, type Build, type Progress } from '../builds.js';

/** Where a build or a partition stands, and what it has seen. */
export interface Checkpoint extends Omit<Progress, 'finishedAt' | 'error'> {
  readonly position: Position;
  /** How often it was written. */
  readonly commits: number;
}

/** The partitions of a build by `fieldOf` their numbers, and up to where they are brought. */
export interface DividedEntry {
  readonly until: Position;
  readonly partitions: Readonly<Record<string, Checkpoint>>;
}

/** What of a build's entry this is about; null and absent: it is in one. */
interface Entry extends Checkpoint {
  readonly divided?: DividedEntry | null;
}

/** Field names that are numbers would be taken for places in an array. */
function fieldOf(partition: number): string {
  return `p${partition}`;
}

/** What the register has before the names of a checkpoint's fields: nothing where the build is in one. */
export function pathOf({ partition }: Build): string {
  return partition === undefined ? '' : `divided.partitions.${fieldOf(partition)}.`;
}

export function divided(partitions: number, until: Position): DividedEntry {
  const { finishedAt: _, error: __, ...nothing } = noProgress;
  const empty: Checkpoint = { position: 0, commits: 0, ...nothing };
  return { until, partitions: Object.fromEntries(Array.from({ length: partitions }, (_, partition) => [fieldOf(partition), empty])) };
}

/** All of them, in their order. */
export function partitionsOf({ partitions }: DividedEntry): readonly Checkpoint[] {
  return Object.keys(partitions).flatMap((_, partition) => partitions[fieldOf(partition)] ?? []);
}

/** The checkpoint that a commit moves; undefined where there is none such: the build was divided, put together or emptied meanwhile. */
export function checkpointOf(entry: Entry, { partition }: Build): Checkpoint | undefined {
  if (partition === undefined) return entry.divided ? undefined : entry;
  return entry.divided?.partitions[fieldOf(partition)];
}

/** The build that the partitions make together; undefined while one of them is not there yet. */
export function joined(from: DividedEntry): (Partial<Entry> & Pick<Progress, 'error'>) | undefined {
  const all = partitionsOf(from);
  const { until } = from;
  if (all.some(({ position }) => position < until)) return undefined;
  // What a row was written by, of documents and of what waits, is compared with the number of the commit: it goes on from the highest.
  const commits = Math.max(...all.map((partition) => partition.commits));
  const events = Math.max(...all.map((partition) => partition.events));
  return { position: until, commits, events, error: null, divided: null };
}
