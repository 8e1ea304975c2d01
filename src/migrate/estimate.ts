import type { Position } from '../kernel/event.js';

/** How many events there are up to a position, judged by those up to an earlier one: exact where positions have no gaps. */
export function estimated(events: number, at: Position, until: Position): number {
  return at === 0 ? events : Math.max(events, Math.round((events * until) / at));
}
