/** The jobs of the load process, and their results. */

/** A GraphQL request and the expected JSON. */
export interface Exchange {
  readonly body: string;
  readonly expected: string;
}

/** Each lane is a connection with one exchange after the other. */
export interface LanesJob {
  readonly kind: 'lanes';
  readonly port: number;
  readonly path: string;
  readonly lanes: readonly (readonly Exchange[])[];
}

/** Commands at a fixed rate; after every `every`th, a query that waits until its result is visible. */
export interface PacedJob {
  readonly kind: 'paced';
  readonly port: number;
  readonly path: string;
  readonly perSecond: number;
  readonly every: number;
  readonly commands: readonly (Exchange & { readonly probe: Exchange })[];
}

export type Job = LanesJob | PacedJob;

/** A placeholder: in a probe for the position that its command returned, in expected responses for any position. */
export const POSITION = '$position';

/** The total duration, and each latency. */
export interface Exchanged {
  readonly seconds: number;
  /** In milliseconds, ascending. */
  readonly latencies: readonly number[];
}

/** `latencies`: of each exchange, or of each probe after its command's response. */
export interface JobResult extends Exchanged {
  /** The first wrong responses. */
  readonly wrong: readonly string[];
}

/** Exchanges per second. */
export function rate({ seconds, latencies }: Exchanged): number {
  return latencies.length / seconds;
}
