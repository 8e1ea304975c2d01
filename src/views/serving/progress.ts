/** The current rate and the remaining time of a build, from its last measurement in the register. */
import type { Position } from '../../kernel/event.js';
import type { BuildRecord } from '../port/builds.js';

/** The time over which `rate` and `positionRate` are measured, and for which a measurement is valid, in milliseconds. */
export const MEASURED_MS = 5_000;

type Measured = Pick<BuildRecord, 'measuredAt'>;

/** Events per second over the last seconds; 0 when there were none, also when no process projects the build any more. */
export function rateNow({ rate, measuredAt }: Measured & Pick<BuildRecord, 'rate'>, now = Date.now()): number {
  return holds({ measuredAt }, now) ? rate : 0;
}

/**
 * Seconds until the build reaches the end of the log at its current rate. 0 when it has reached it and is finalized; null when there is no recent
 * measurement.
 */
export function secondsLeft(record: BuildRecord, head: Position, now = Date.now()): number | null {
  const { position, positionRate, finishedAt, error } = record;
  if (head <= position) return finishedAt === null ? null : 0;
  return error === null && positionRate > 0 && holds(record, now) ? (head - position) / positionRate : null;
}

function holds({ measuredAt }: Measured, now: number): boolean {
  return measuredAt !== null && now - Date.parse(measuredAt) < MEASURED_MS;
}
