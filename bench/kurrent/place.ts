/** The logs on the measured server. Each has a new prefix, so that runs can be repeated. */
import { randomUUID } from 'node:crypto';
import { openLog } from '../../src/engines.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import type { EventLog } from '../../src/log/port.js';
import { eventsOf } from '../../src/log/walk.js';

/** The settings of a log. */
export interface Place {
  readonly logUrl: string;
  readonly logPrefix: string;
}

const run = randomUUID().slice(0, 8);
let places = 0;

export function freshPlace(logUrl: string): Place {
  places += 1;
  return { logUrl, logPrefix: `bench_${run}_${places}.` };
}

/** The same for another process, as environment variables: arguments would reveal a password in the connection string. */
export function variablesOf({ logUrl, logPrefix }: Place): Readonly<Record<string, string>> {
  return { DAYBOOK_LOG_URL: logUrl, DAYBOOK_LOG_PREFIX: logPrefix };
}

/** Opens the log read-only. @throws LogUnavailable */
export function openToRead(place: Place | { readonly dataDir: string }): Promise<EventLog> {
  return openLog({ dataDir: '', ...place }, { readOnly: true });
}

/** All its events, in order. @throws LogUnavailable */
export async function eventsIn(place: Place | { readonly dataDir: string }): Promise<readonly RecordedEvent[]> {
  const log = await openToRead(place);
  try {
    const events: RecordedEvent[] = [];
    for await (const event of eventsOf(log, {})) events.push(event);
    return events;
  } finally {
    await log.close();
  }
}
