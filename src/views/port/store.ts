/**
 * The read-model store: a writer for projectors and operators, and a reader for queries. `test/conformance/views.ts` defines the behaviour that
 * every engine must have.
 */
import type { LeaseStore } from '../../leases/port.js';
import type { Audit } from './audit.js';
import type { BuildRecord } from './builds.js';
import type { Commits } from './commits.js';
import type { DeadLetterQueries } from './dead-letters.js';
import type { DocumentQueries, DocumentSource } from './documents.js';
import type { BuildRegister, Partitioning } from './register.js';

export interface ViewWriter extends BuildRegister, DocumentSource, Commits {
  readonly leases: LeaseStore;
  /** Absent where the engine takes writes from one process only. */
  readonly partitioning?: Partitioning;
  close(): Promise<void>;
}

/** A build that does not exist has position 0 and no documents. */
export interface ViewReader extends DocumentQueries, DeadLetterQueries, Audit {
  builds(): Promise<readonly BuildRecord[]>;
  /** Calls back soon after a commit or a change of the register, by any process. @returns a function that stops it */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}
