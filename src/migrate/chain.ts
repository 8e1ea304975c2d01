/**
 * A hash chain over all events of a log, in order: two logs with the same hash have the same events, whatever their engines.
 *
 * The link of an event is the SHA-256, in hex, of the link before it, a line feed, and the event as canonical JSON: without its position,
 * which differs between engines, no spaces, the names of every object in the order of their UTF-16 code units (as in RFC 8785). Before the
 * first event there are 64 zeros.
 */
import { hash } from 'node:crypto';
import type { RecordedEvent } from '../kernel/event.js';
import { sealedText } from '../log/sealed-parts.js';

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

/** The canonical form of an event, independent of the engine. */
export function canonical({ position: _, sealed, ...event }: RecordedEvent): string {
  return json({ ...event, ...(sealed && { sealed: sealedText(sealed) }) });
}

function json(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`;
  const fields = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const name of Object.keys(fields).sort()) {
    if (fields[name] !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${json(fields[name])}`;
  }
  return `{${text}}`;
}
