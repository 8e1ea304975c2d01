/** What the register's last measurement of a build says now: how fast it goes. */
import type { BuildRecord } from './builds.js';

/** Over how long `rate` and `pace` are measured, and so how long they hold unless they are measured again, in milliseconds. */
export const MEASURED_MS = 5_000;

type Measured = Pick<BuildRecord, 'measuredAt'>;

/** Events per second that a build was given over the last seconds: 0 when there were none, also when nobody projects it any more. */
export function rateNow({ rate, measuredAt }: Measured & Pick<BuildRecord, 'rate'>, now = Date.now()): number {
  return holds({ measuredAt }, now) ? rate : 0;
}

function holds({ measuredAt }: Measured, now: number): boolean {
  return measuredAt !== null && now - Date.parse(measuredAt) < MEASURED_MS;
}
