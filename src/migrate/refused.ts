/** The target can't become a copy of the source. The message says why, what was written, and what to do. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused';
}
