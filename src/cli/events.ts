/** `daybook events`: shows one event, one stream, or the end of the log. Tables show the data of events only on request. */
import { patterns } from '../../contracts/fields/index.js';
import { domain } from '../domain.js';
import type { Config } from '../config.js';
import { openLog, openSealed } from '../engines.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import { parseStreamName, streamName, type Position, type RecordedEvent, type Stream } from '../kernel/event.js';
import { NoSuchPosition, type EventLog, type Page } from '../log/port.js';
import { written } from '../log/sealed-parts.js';
import { NotFound } from '../projector/not-found.js';
import { progress, silent } from './progress.js';
import { count, details, plain, table, type Column } from './table.js';
import { stopSignal, widthOf, type Terminal } from './terminal.js';

/** What `show` shows. */
export type Wanted = { readonly position: Position } | { readonly id: string } | { readonly stream: Stream };

export interface ShowOptions {
  readonly data?: boolean;
  readonly json?: boolean;
  /** Opens sealed fields. */
  readonly open?: boolean;
}

export interface TailOptions extends ShowOptions {
  /** The position to start after. Defaults to the end of the log when following, otherwise to its beginning. */
  readonly after?: Position;
  readonly types?: readonly string[];
  readonly stream?: Stream;
  readonly follow: boolean;
  /** Stops after this number of events. */
  readonly limit?: number;
}

/** Events per page. */
const PAGE = 500;

/** Events per page in a search. */
const SEARCH_PAGE = 5_000;

/** @throws RangeError when the text is not a position, an event id or a stream name */
export function wanted(text: string): Wanted {
  if (/^\d{1,15}$/.test(text)) return { position: Number(text) };
  if (patterns.uuid.test(text)) return { id: text.toLowerCase() };
  return { stream: parseStreamName(text) };
}

/** @returns the exit code: 0 shown, 130 stopped. @throws NotFound, LogUnavailable */
export async function runShow(
  config: Config,
  what: Wanted,
  { data = false, json = false, open = false }: ShowOptions,
  terminal: Terminal,
): Promise<number> {
  return withLog(config, open, async (log, signal) => {
    const events = await find(log, what, terminal, signal);
    if (!events) return 130;
    const { out } = terminal;
    const [only] = events;
    if (json) out.write(events.map((event) => line(event, open)).join(''));
    else if (only && !('stream' in what)) out.write(description(only, data));
    else {
      out.write(table([revision, ...columns, cause], events, { width: widthOf(out) }));
      if (data) for (const event of events) out.write(`\n${event.revision} ${event.type}\n${dataOf(event)}\n`);
    }
    return 0;
  });
}

/** @returns the exit code: 0 shown, 130 stopped. @throws NotFound, NoSuchPosition, LogUnavailable */
export async function runTail(config: Config, options: TailOptions, { out }: Terminal): Promise<number> {
  const { data = false, json = false, open = false, limit = Number.MAX_SAFE_INTEGER } = options;
  return withLog(config, open, async (log, signal) => {
    let left = limit;
    let titles = true;
    for await (const page of pages(log, options, signal)) {
      const events = page.slice(0, left);
      left -= events.length;
      if (json) out.write(events.map((event) => line(event, open)).join(''));
      else {
        // The data of an event follows its row.
        for (const rows of data ? events.map((event) => [event]) : [events]) {
          if (rows.length > 0) out.write(table(tailColumns, rows, { titles, width: widthOf(out) }));
          titles &&= rows.length === 0;
          if (data) out.write(rows.map((event) => `${dataOf(event)}\n`).join(''));
        }
      }
      if (left === 0) return 0;
    }
    return signal.aborted ? 130 : 0;
  });
}

async function withLog(config: Config, open: boolean, work: (log: EventLog, signal: AbortSignal) => Promise<number>): Promise<number> {
  const stop = stopSignal();
  try {
    const log = open ? await openSealed(config, domain, { readOnly: true }) : await openLog(config, { readOnly: true });
    try {
      return await work(log, stop.signal);
    } finally {
      await log.close();
    }
  } finally {
    stop.release();
  }
}

/** Undefined when stopped. @throws NotFound */
async function find(log: EventLog, what: Wanted, { err }: Terminal, signal: AbortSignal): Promise<readonly RecordedEvent[] | undefined> {
  if ('stream' in what) {
    const events = await log.readStream(what.stream);
    if (events.length === 0) throw noSuchStream(what.stream);
    return events;
  }
  const head = await log.head();
  const byId = 'id' in what;
  const missing = byId
    ? `There is no event with the id ${what.id}.`
    : `There is no event at position ${count(what.position)}: the log ends at ${count(head)}.`;
  const end = byId ? head : what.position;
  if (end > head) throw new NotFound('event', missing);
  const fits = (event: RecordedEvent): boolean => (byId ? event.id === what.id : event.position === what.position);
  const next = byId ? undefined : await afterPosition(log, Math.max(0, what.position - 1));
  if (next?.events.some(fits)) return next.events;
  // A page may be empty although it ends before that position.
  if (next && next.position >= end) throw new NotFound('event', missing);
  // The whole log is searched for an id, and for a position if the position before it is not an event's.
  const bar = err.isTTY === true ? progress(err, 'Search') : silent;
  try {
    for (let at = 0; at < end;) {
      if (signal.aborted) return undefined;
      const page = await log.readAll(at, SEARCH_PAGE);
      const event = page.events.find(fits);
      if (event) return [event];
      if (page.position === at) break;
      at = page.position;
      bar.update(at, end);
    }
  } finally {
    bar.end();
  }
  throw new NotFound('event', missing);
}

function noSuchStream(stream: Stream): NotFound {
  return new NotFound('event', `There is no stream ${plain(streamName(stream))}.`);
}

/** The page with the event after a position; undefined if the engine can't read from that position. */
async function afterPosition(log: EventLog, position: Position): Promise<Page | undefined> {
  return log.readAll(position, 1).catch((failure: unknown) => {
    if (failure instanceof NoSuchPosition) return undefined;
    throw failure;
  });
}

/** The selected events in the order of the log: the existing ones, then, when following, new ones. */
async function* pages(log: EventLog, options: TailOptions, signal: AbortSignal): AsyncGenerator<readonly RecordedEvent[]> {
  const { stream, follow } = options;
  const head = await log.head();
  const after = options.after ?? (follow ? head : 0);
  // Following from there would miss the events before it.
  if (after > head && after > (await log.end())) throw new NoSuchPosition(after);
  const types = stream
    ? (options.types ?? domain.records.find(({ type }) => type === stream.type)?.events.map(({ type }) => type))
    : options.types;
  const named = types === undefined ? {} : { types };
  const fits = (event: RecordedEvent): boolean =>
    (!stream || streamName(event.stream) === streamName(stream)) && (options.types?.includes(event.type) ?? true);

  if (stream) {
    for (let from = 0; !signal.aborted; from += PAGE) {
      const events = await log.readStream(stream, from, PAGE);
      if (from === 0 && events.length === 0 && !follow) throw noSuchStream(stream);
      yield events.filter((event) => fits(event) && event.position > after && event.position <= head);
      if (events.length < PAGE) break;
    }
  } else {
    for (let at = after; at < head && !signal.aborted;) {
      const page = await log.readAll(at, PAGE, types);
      yield page.events.filter(({ position }) => position <= head);
      if (page.position === at) break;
      at = page.position;
    }
  }
  if (!follow) return;
  for await (const page of log.tail(Math.max(after, head), { limit: PAGE, ...named, signal })) yield page.events.filter(fits);
}

const revision: Column<RecordedEvent> = { title: 'rev', value: (event) => String(event.revision), right: true, minimum: 3 };

const cause: Column<RecordedEvent> = { title: 'cause', value: ({ metadata }) => metadata.causationId, minimum: 36, spare: 3 };

const columns: readonly Column<RecordedEvent>[] = [
  { title: 'position', value: ({ position }) => String(position), right: true, minimum: 9 },
  { title: 'recorded', value: ({ metadata }) => metadata.recordedAt, minimum: 24, spare: 1 },
  { title: 'occurred', value: ({ metadata }) => metadata.occurredAt, minimum: 24, spare: 2 },
  { title: 'type', value: ({ type }) => type, minimum: 24 },
  { title: 'actor', value: actorOf, minimum: 12 },
];

const tailColumns: readonly Column<RecordedEvent>[] = [
  ...columns,
  cause,
  revision,
  { title: 'stream', value: ({ stream }) => streamName(stream), minimum: 40 },
];

function actorOf({ metadata: { actor, onBehalfOf } }: RecordedEvent): string {
  return onBehalfOf === undefined ? actor : `${actor} for ${onBehalfOf}`;
}

/**
 * An event as it is written, as a canonical JSON object on one line: without its position it is what the hash chain of `migrate` covers. Opened, it
 * has its sealed fields in the data.
 */
function line(event: RecordedEvent, isOpen: boolean): string {
  const { sealed: _, ...opened } = event;
  return `${canonicalJson(isOpen ? opened : written(event))}\n`;
}

function description(event: RecordedEvent, data: boolean): string {
  const { position, id, type, version, stream, revision: at, metadata } = event;
  return details([
    ['position', String(position)],
    ['event', id],
    ['type', plain(`${type}, version ${version}`)],
    ['stream', plain(`${streamName(stream)}, revision ${at}`)],
    ['occurred', metadata.occurredAt],
    ['recorded', metadata.recordedAt],
    ...(metadata.importedAt === undefined ? [] : [['imported', metadata.importedAt] as const]),
    ['actor', plain(actorOf(event))],
    ['command', metadata.commandId],
    ['correlation', plain(metadata.correlationId)],
    ['cause', plain(metadata.causationId)],
    ['data', data ? dataOf(event) : 'not shown; use --data to show it, with --open for what is sealed'],
  ]);
}

function dataOf({ data }: RecordedEvent): string {
  return JSON.stringify(data, undefined, 2).split('\n').map(plain).join('\n');
}
