import type { Position } from '../kernel/event.js';

/** The estimated number of events up to a position, from the number up to an earlier one; exact when positions have no gaps. */
export function estimated(events: number, at: Position, until: Position): number {
  return at === 0 ? events : Math.max(events, Math.round((events * until) / at));
}
