/** Events for tests of logs, which look at ids, places and times and never at what an event means. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Position, RecordedEvent, SealedPart, Stream } from '../../../src/kernel/event.js';
import type { EventLog, EventToAppend, Page } from '../../../src/log/port.js';

/** A stream that no other test uses. */
export function freshStream(type = 'lead'): Stream {
  return { type, id: randomUUID() };
}

/** An event to append; what the test doesn't name is made up. */
export function noted(data: unknown = {}, { id = randomUUID(), type = 'Noted', sealed, ...more }: NotedOptions = {}): EventToAppend {
  const commandId = randomUUID();
  return {
    id,
    type,
    version: 1,
    data,
    ...(sealed && { sealed }),
    metadata: {
      commandId,
      commandHash: 'hash',
      actor: 'ana',
      correlationId: commandId,
      causationId: commandId,
      occurredAt: '2018-02-26T19:58:54.000Z',
      ...more,
    },
  };
}

interface NotedOptions {
  readonly id?: string;
  readonly type?: string;
  readonly recordedAt?: string;
  readonly importedAt?: string;
  readonly acknowledged?: readonly string[];
  readonly sealed?: readonly SealedPart[];
}

/** A sealed part as far as a log looks at it: a key's id, and some bytes. */
export function sealedPart(v: Uint8Array = randomBytes(40)): SealedPart {
  return { k: randomBytes(12).toString('base64url'), v: new Uint8Array(v) };
}

/** An event carried over from another system that recorded it at that time. */
export function carriedOver(recordedAt: string): EventToAppend {
  return noted({}, { recordedAt, importedAt: '2026-01-01T00:00:00.000Z' });
}

/** Reads pages after a position until it stands still: neither an empty page nor a short one is the end. */
export async function readToEnd(log: EventLog, limit: number, types?: readonly string[], after: Position = 0): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (let position = after; ;) {
    const page = await log.readAll(position, limit, types);
    if (page.position === position) return pages;
    pages.push(page);
    position = page.position;
  }
}

/** Tails from a position until `count` events have come, then ends the tail. */
export async function tailed(log: EventLog, after: number, count: number, limit = 7, types?: readonly string[]): Promise<readonly Page[]> {
  const abort = new AbortController();
  const pages: Page[] = [];
  let seen = 0;
  for await (const page of log.tail(after, { limit, signal: abort.signal, ...(types && { types }) })) {
    pages.push(page);
    seen += page.events.length;
    if (seen >= count) abort.abort();
  }
  return pages;
}

export function eventsOf(pages: readonly Page[]): Page['events'] {
  return pages.flatMap((page) => page.events);
}

/** All events of a log, in order. */
export async function allEvents(log: EventLog): Promise<readonly RecordedEvent[]> {
  return eventsOf(await readToEnd(log, 1_000));
}
