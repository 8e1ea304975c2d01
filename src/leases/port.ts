/** Leases with fencing tokens: the right to work on something until the lease expires or is released. */

export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** Increases with every change of holder. Work under an earlier token is refused. */
  readonly token: number;
}

/** A lease that is held now. */
export interface HeldLease extends Lease {
  /** When it expires unless it is renewed, ISO 8601. */
  readonly until: string;
}

/** Tokens never decrease, except that nothing is kept of members (see `members.ts`) that have expired. */
export interface LeaseStore {
  /**
   * Acquires those of the leases that are free, have expired, or already belong to this holder: these are renewed.
   * @param milliseconds how long the leases last
   * @returns those that the holder has now
   */
  acquire(names: readonly string[], holder: string, milliseconds: number): Promise<readonly Lease[]>;
  /** Releases leases; those that another holder has acquired since are left alone. */
  release(leases: readonly Lease[]): Promise<void>;
  held(): Promise<readonly HeldLease[]>;
}
