/** What a projector works on and how, and what it tells of its work. */
import type { Definitions } from '../../contracts/definitions.js';
import type { Projection } from '../kernel/projection.js';
import type { EventLog } from '../log/port.js';
import type { ViewReader, ViewWriter } from '../views/port/store.js';

export interface ProjectorOptions {
  readonly log: EventLog;
  readonly views: ViewWriter;
  readonly reader: Pick<ViewReader, 'deadLetters' | 'unappliedEvents'>;
  /** In all versions that the program has. The newest version of each read model is built. */
  readonly projections: readonly Projection[];
  /** The event definitions; defaults to this program's. */
  readonly definitions?: Definitions;
  /** The types of events after which sealed fields are withheld; defaults to this program's. */
  readonly erasing?: readonly string[];
  /** Events per page, and so per commit, while catching up. */
  readonly pageSize?: number;
  /** See `newHolder`. */
  readonly holder?: string;
  /** Whether to share the read models with other projectors instead of acquiring all free leases. */
  readonly spread?: boolean;
  /** Whether a build that has caught up becomes live by itself; defaults to true. */
  readonly cutOver?: boolean;
  /** The share of time for builds that are behind while events arrive, in percent; defaults to 50. */
  readonly rebuildShare?: number;
  /** How many retired builds of each read model are kept; defaults to 1. */
  readonly retired?: number;
  /** How long running queries may still read a build after it was retired, in milliseconds: it is not dropped sooner. Defaults to 30,000. */
  readonly graceMs?: number;
  /** How many dead letters a build may have before it stops; defaults to 1,000. */
  readonly deadLetterLimit?: number;
  /** Into how many partitions a rebuild is split, where the store takes concurrent writes; defaults to 1. */
  readonly rebuildPartitions?: number;
  /** Called with failures that are retried. */
  readonly onRetry?: (failure: unknown) => void;
  /** Called when a build stopped. */
  readonly onStop?: (build: string, error: string) => void;
  readonly onBatch?: (batch: BatchReport) => void;
}

export interface BatchReport {
  readonly model: string;
  readonly version: number;
  readonly events: number;
  readonly milliseconds: number;
}
