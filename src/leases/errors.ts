/** Why work under a lease is refused. */
import { KnownError } from '../kernel/known-error.js';

/** The lease expired and another holder has acquired it. */
export class LeaseLost extends KnownError {
  override readonly name = 'LeaseLost';
  readonly code = 'LEASE_LOST';

  constructor(readonly lease: string) {
    super(`Another process has acquired the lease ${lease}.`);
  }
}
