/** What the register's last measurement of a build says now: how fast it goes, and how long it will take yet. */
import type { Position } from '../kernel/event.js';
import type { BuildRecord } from './builds.js';

/** Over how long `rate` and `pace` are measured, and so how long they hold unless they are measured again, in milliseconds. */
export const MEASURED_MS = 5_000;

type Measured = Pick<BuildRecord, 'measuredAt'>;

/** Events per second that a build was given over the last seconds: 0 when there were none, also when nobody projects it any more. */
export function rateNow({ rate, measuredAt }: Measured & Pick<BuildRecord, 'rate'>, now = Date.now()): number {
  return holds({ measuredAt }, now) ? rate : 0;
}

/**
 * Seconds that a build needs at its present pace to reach the end of the log. 0 when it has, and is fit to serve; null when nothing was
 * measured lately.
 */
export function secondsLeft(record: BuildRecord, head: Position, now = Date.now()): number | null {
  const { position, pace, finishedAt, error } = record;
  if (head <= position) return finishedAt === null ? null : 0;
  return error === null && pace > 0 && holds(record, now) ? (head - position) / pace : null;
}

function holds({ measuredAt }: Measured, now: number): boolean {
  return measuredAt !== null && now - Date.parse(measuredAt) < MEASURED_MS;
}
