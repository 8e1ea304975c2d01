/** Partitions of a build in the register. Each has a checkpoint that is guarded like that of a build. */
import type { Position } from '../../kernel/event.js';
import { noProgress } from '../port/build-identity.js';
import type { Build, Progress } from '../port/builds.js';

/** The position and progress of a build or of a partition. */
export interface Checkpoint extends Omit<Progress, 'finishedAt' | 'error'> {
  readonly position: Position;
  /** How many erasures its documents are folded with: those of its last commit. */
  readonly erasures: number;
  /** How many erasures its folds have to know. */
  readonly raised: number;
  /** How often it was written. */
  readonly commits: number;
}

export interface PartitionsEntry {
  /** The position at which the partitions are merged. */
  readonly until: Position;
  /** By `fieldOf` the partition's number. */
  readonly checkpoints: Readonly<Record<string, Checkpoint>>;
}

/** The part of a build's entry that is used here. */
interface Entry extends Checkpoint {
  /** Null or absent when the build is not partitioned. */
  readonly partitions?: PartitionsEntry | null;
}

/** MongoDB takes numeric field names for array indexes. */
function fieldOf(partition: number): string {
  return `p${partition}`;
}

/** The prefix of a checkpoint's field names in a build's entry; empty when the build is not partitioned. */
export function pathOf({ partition }: Build): string {
  return partition === undefined ? '' : `partitions.checkpoints.${fieldOf(partition)}.`;
}

export function emptyPartitions(count: number, until: Position): PartitionsEntry {
  const { finishedAt: _, error: __, ...nothing } = noProgress;
  const empty: Checkpoint = { position: 0, erasures: 0, raised: 0, commits: 0, ...nothing };
  return { until, checkpoints: Object.fromEntries(Array.from({ length: count }, (_, partition) => [fieldOf(partition), empty])) };
}

/** The checkpoints of all partitions, in order. */
export function checkpointsOf({ checkpoints }: PartitionsEntry): readonly Checkpoint[] {
  return Object.keys(checkpoints).flatMap((_, partition) => checkpoints[fieldOf(partition)] ?? []);
}

/** The checkpoint that a commit moves; undefined when the build was split, merged or reset since the batch began. */
export function checkpointOf(entry: Entry, { partition }: Build): Checkpoint | undefined {
  if (partition === undefined) return entry.partitions ? undefined : entry;
  return entry.partitions?.checkpoints[fieldOf(partition)];
}

/** The build's values after the merge; undefined while a partition has not reached `until`. */
export function merged(from: PartitionsEntry): (Partial<Entry> & Pick<Progress, 'error'>) | undefined {
  const all = checkpointsOf(from);
  const { until } = from;
  if (all.some(({ position }) => position < until)) return undefined;
  // Rows are guarded by the number of the commit that wrote them, so the numbers continue from the highest.
  const commits = Math.max(...all.map((checkpoint) => checkpoint.commits));
  const events = Math.max(...all.map((checkpoint) => checkpoint.events));
  const erasures = Math.min(...all.map((checkpoint) => checkpoint.erasures));
  return { position: until, erasures, commits, events, error: null, partitions: null };
}
