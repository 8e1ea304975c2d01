import { KnownError } from '../kernel/known-error.js';

/** The target can't become a copy of the source. The message says why, what was written, and what to do. */
export class MigrationRefused extends KnownError {
  override readonly name = 'MigrationRefused';
  readonly code = 'MIGRATION_REFUSED';
}
