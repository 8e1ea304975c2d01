/** What the load process is asked to do, and what it answers. */

/** A GraphQL request and the JSON that must come back. */
export interface Exchange {
  readonly body: string;
  readonly expected: string;
}

/** Each lane is a connection that makes its exchanges one after the other. */
export interface LanesJob {
  readonly kind: 'lanes';
  readonly port: number;
  readonly path: string;
  readonly lanes: readonly (readonly Exchange[])[];
}

/** Commands at a fixed rate; after every `every`th, a query that waits until it shows. */
export interface PacedJob {
  readonly kind: 'paced';
  readonly port: number;
  readonly path: string;
  readonly perSecond: number;
  readonly every: number;
  readonly commands: readonly (Exchange & { readonly probe: Exchange })[];
}

export type Job = LanesJob | PacedJob;

/** Stands in a probe for the position that its command was acknowledged with, and in what is expected for any position. */
export const POSITION = '$position';

/** How long it took in all, and each by itself. */
export interface Exchanged {
  readonly seconds: number;
  /** In milliseconds, ascending. */
  readonly latencies: readonly number[];
}

/** `latencies`: of each exchange, or of each probe after its command's answer. */
export interface JobResult extends Exchanged {
  /** What came back wrong; the first few. */
  readonly wrong: readonly string[];
}

/** Exchanges per second. */
export function rate({ seconds, latencies }: Exchanged): number {
  return latencies.length / seconds;
}
