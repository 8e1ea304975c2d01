/** What a projector works on and how, and what it tells of its work. */
import type { Definitions } from '../../contracts/index.js';
import type { Projection } from '../kernel/projection.js';
import type { EventLog } from '../log/port.js';
import type { ViewReader, ViewWriter } from '../views/port.js';

export interface ProjectorOptions {
  readonly log: EventLog;
  readonly views: ViewWriter;
  readonly reader: Pick<ViewReader, 'parked' | 'waiting'>;
  /** Of every version that the program has; the newest of each read model is the one that is built. */
  readonly projections: readonly Projection[];
  /** Of the events in the log; this program's own when absent. */
  readonly definitions?: Definitions;
  /** Events per page and so per commit while catching up. */
  readonly pageSize?: number;
  /** See `newHolder`. */
  readonly holder?: string;
  /** Share the read models with other projectors, instead of taking all that are free. */
  readonly spread?: boolean;
  /** Whether a build that has caught up becomes the live one by itself. True unless said otherwise. */
  readonly cutOver?: boolean;
  /** The part of the time that builds which are behind may take while events arrive, in percent; 50 unless said otherwise. */
  readonly rebuildShare?: number;
  /** Builds that were live before and are kept of each read model; 1 unless said otherwise. */
  readonly retired?: number;
  /** How long after a build stopped answering queries may still read it, in milliseconds: it is not let go before; 30,000 unless said otherwise. */
  readonly graceMs?: number;
  /** Documents of a build that may wait before it stops; 1,000 unless said otherwise. */
  readonly parkedLimit?: number;
  /** How many projectors bring up one build together, where the store takes writes from several: its partitions. 1 unless said otherwise. */
  readonly rebuildPartitions?: number;
  /** Told of a failure that is tried again. */
  readonly onRetry?: (failure: unknown) => void;
  /** Told of a build that stopped. */
  readonly onStop?: (build: string, error: string) => void;
  readonly onBatch?: (batch: BatchReport) => void;
}

export interface BatchReport {
  readonly model: string;
  readonly version: number;
  readonly events: number;
  readonly milliseconds: number;
}
