/**
 * A log's hash: a chain over all its events, in order, so that two logs with the same hash hold the same events, whatever engines they are in.
 *
 * The link of an event is the SHA-256, in hex, of the link before it, a line feed, and the event as canonical JSON: without its position,
 * which differs between engines, no spaces, the names of every object in the order of their UTF-16 code units (as in RFC 8785). Before the
 * first event stand 64 zeros.
 */
import { hash } from 'node:crypto';
import type { RecordedEvent } from '../kernel/event.js';

/** How far a chain has come. */
export interface Chain {
  /** How many events it goes over. */
  readonly events: number;
  /** The link of the last of them. */
  readonly hash: string;
}

/** The chain of no events. */
export const NO_EVENTS: Chain = { events: 0, hash: '0'.repeat(64) };

/** The chain with one event more. @param event in its canonical form */
export function linked({ events, hash: before }: Chain, event: string): Chain {
  return { events: events + 1, hash: hash('sha256', `${before}\n${event}`) };
}

/** The event as one text, the same wherever it is stored. */
export function canonical({ position: _, ...event }: RecordedEvent): string {
  return json(event);
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
