/**
 * A hash chain over all events of a log, in order: two logs with the same hash have the same events, whatever their engines.
 *
 * The link of an event is the SHA-256, in hex, of the link before it, a line feed, and the event as canonical JSON (RFC 8785), without its
 * position, which differs between engines. Before the
 * first event there are 64 zeros. docs/log-format.md has an example.
 */
import { hash } from 'node:crypto';
import { canonicalJson } from '../kernel/canonical-json.js';
import type { RecordedEvent } from '../kernel/event.js';
import { written } from '../log/sealed-parts.js';

/** The state of a chain. */
export interface Chain {
  /** The number of events. */
  readonly events: number;
  /** The link of the last event. */
  readonly hash: string;
}

/** The chain of no events. */
export const NO_EVENTS: Chain = { events: 0, hash: '0'.repeat(64) };

/** Adds an event to the chain. @param event in its canonical form */
export function linked({ events, hash: before }: Chain, event: string): Chain {
  return { events: events + 1, hash: hash('sha256', `${before}\n${event}`) };
}

/** The canonical form of an event, independent of the engine: as `daybook events --json` prints it, without its position. */
export function canonical({ position: _, ...event }: RecordedEvent): string {
  return canonicalJson(written(event));
}
