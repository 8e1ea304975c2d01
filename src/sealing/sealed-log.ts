/**
 * The event log as the program sees it: sealed fields of events are encrypted when they are appended, and opened when they are read. Below it,
 * no engine sees them in the clear.
 */
import { fieldsAt } from '../../contracts/event.js';
import type { Definitions } from '../../contracts/definitions.js';
import { streamName, type Position, type RecordedEvent, type Stream, type Withheld } from '../kernel/event.js';
import type { Key, Keyring } from '../keys/keyring.js';
import { KeysUnavailable } from '../keys/port.js';
import {
  EventIdTaken,
  WrongRevision,
  type Append,
  type Appended,
  type AppendedAll,
  type EventLog,
  type EventToAppend,
  type Expected,
  type Page,
} from '../log/port.js';
import { eventsOf } from '../log/walk.js';
import { keyedHash, seal } from './cipher.js';
import { erasureIn, type Erasures } from './erasures.js';
import { openedEvent } from './opened-event.js';
import { hasSealed, split } from '../../contracts/sealed-fields.js';
import { StreamKeys } from './stream-keys.js';

export interface SealedLogOptions {
  readonly log: EventLog;
  readonly definitions: Definitions;
  /** Opens the keys when they are first needed. */
  readonly openKeys: () => Promise<Keyring>;
  /** Whether the log has an event, by whose id the keys know it. */
  readonly begun: boolean;
  readonly erasures: Erasures;
}

type Data = Readonly<Record<string, unknown>>;

/** Events per read of the log. */
const PAGE = 1_000;

/** After an erasure whose keys could not be dropped, or of which it is not known whether it was recorded, in milliseconds. */
const DROP_AGAIN_MS = 1_000;

/** What erasures are applied with. */
interface ErasureParts extends Pick<SealedLogOptions, 'log' | 'definitions' | 'erasures'> {
  readonly keyring: Keyring;
}

/** One append, with what it took from the keyring and what it erases. */
interface Prepared extends Append {
  readonly taken: readonly Key[];
  readonly erases: boolean;
}

export class SealedLog implements EventLog {
  readonly #log: EventLog;
  readonly #definitions: Definitions;
  readonly #openKeys: () => Promise<Keyring>;
  #opening: Promise<Keyring> | undefined;
  #begun: boolean;
  readonly erasures: Erasures;
  readonly #streams: StreamKeys;
  #dropping: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ log, definitions, openKeys, begun, erasures }: SealedLogOptions) {
    this.#log = log;
    this.#definitions = definitions;
    this.#openKeys = openKeys;
    this.#begun = begun;
    this.erasures = erasures;
    this.#streams = new StreamKeys(log, erasures);
  }

  async append(stream: Stream, expected: Expected, events: readonly EventToAppend[]): Promise<Appended> {
    const prepared = await this.#prepare({ stream, expected, events });
    const appended = await this.#sending([prepared], () => this.#log.append(stream, expected, prepared.events));
    await this.#noteBegin();
    if (prepared.erases) await this.#apply(appended.position);
    return appended;
  }

  async appendAll(appends: readonly Append[]): Promise<AppendedAll> {
    const prepared: Prepared[] = [];
    for (const append of appends) {
      const one = await this.#prepare(append);
      prepared.push(one);
      // A later append to the same stream is sealed under the same key.
      this.#noteSent(one);
    }
    const appended = await this.#sending(prepared, () => this.#log.appendAll(prepared));
    await this.#noteBegin();
    if (prepared.some(({ erases }) => erases)) await this.#apply(appended.position);
    return appended;
  }

  async readStream(stream: Stream, from?: number, limit?: number): Promise<readonly RecordedEvent[]> {
    const events = await this.#log.readStream(stream, from, limit);
    this.#streams.note(events);
    return this.#opened(events);
  }

  async readAll(after: Position, limit: number, types?: readonly string[]): Promise<Page> {
    const { events, position } = await this.#log.readAll(after, limit, types);
    return { events: await this.#opened(events), position };
  }

  async *tail(...[after, options]: Parameters<EventLog['tail']>): AsyncGenerator<Page, void, undefined> {
    for await (const { events, position } of this.#log.tail(after, options)) yield { events: await this.#opened(events), position };
  }

  async newest(limit: number): Promise<readonly RecordedEvent[]> {
    return this.#opened(await this.#log.newest(limit));
  }

  head(): Promise<Position> {
    return this.#log.head();
  }

  end(): Promise<Position> {
    return this.#log.end();
  }

  positionAt(instant: string): Promise<Position> {
    return this.#log.positionAt(instant);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#dropping);
    try {
      await this.#log.close();
    } finally {
      await (await this.#opening?.catch(() => undefined))?.close();
    }
  }

  /**
   * Whether a recorded hash is that of a command. Under an erased key it can't be told: then the id of the command has to be enough.
   * @param stream a stream that was read or written before
   */
  async isSameCommand(stream: Stream, recorded: string, hash: string): Promise<boolean> {
    if (recorded === hash) return true;
    const ids = this.#streams.inMemory(stream);
    const keys = ids.length === 0 ? new Map<string, Buffer>() : await (await this.#keyring()).load(ids);
    for (const key of keys.values()) if (keyedHash(hash, key) === recorded) return true;
    return ids.some((k) => this.erasures.of(k) !== undefined);
  }

  /** @throws KeysUnavailable */
  #keyring(): Promise<Keyring> {
    this.#opening ??= this.#openKeys().catch((failure: unknown) => {
      this.#opening = undefined;
      throw failure;
    });
    return this.#opening;
  }

  /** Has the keys note which log they belong to. */
  async #noteBegin(): Promise<void> {
    if (this.#begun) return;
    const first = await firstOf(this.#log);
    if (first) await (await this.#keyring()).belongTo(first.id);
    this.#begun = first !== undefined;
  }

  /** Seals the events of an append, and names the keys that they erase. */
  async #prepare({ stream, expected, events }: Append): Promise<Prepared> {
    const taken: Key[] = [];
    let erases = false;
    let key = await this.#keyOf(stream, expected);
    const prepared: EventToAppend[] = [];
    for (const event of events) {
      const definition = this.#definitions(event.type);
      erases ||= definition?.withholds !== undefined;
      if (definition?.withholds === 'erased') {
        const keys = (await this.#streams.allOf(stream)).filter((k) => this.erasures.of(k) === undefined);
        prepared.push({ ...event, data: { ...(event.data as object), keys } });
        key = undefined;
        continue;
      }
      const fields = definition && fieldsAt(definition, event.version);
      const { open, sealed } = fields && hasSealed(fields) ? split(fields, event.data as Data) : { open: event.data, sealed: undefined };
      if (sealed && !key) {
        key = await (await this.#keyring()).take();
        taken.push(key);
      }
      prepared.push({
        ...event,
        data: open,
        ...(sealed && key ? { sealed: [seal(sealed, key, { ...event, stream })] } : {}),
        ...(key ? { metadata: { ...event.metadata, commandHash: keyedHash(event.metadata.commandHash, key.key) } } : {}),
      });
    }
    return { stream, expected, events: prepared, taken, erases };
  }

  /** The key of a stream; undefined before its first sealed event. */
  async #keyOf(stream: Stream, expected: Expected): Promise<Key | undefined> {
    const k = expected === 'none' ? undefined : await this.#streams.current(stream, expected);
    if (k === undefined) return undefined;
    const key = (await (await this.#keyring()).load([k])).get(k);
    if (!key) throw keyMissing(stream);
    return { k, key };
  }

  /** Drops the keys of erasures, by default of all. What fails is tried again: see `#applyLater`. */
  async #apply(until?: Position): Promise<void> {
    const { erasures } = this;
    try {
      await applyErasures({ log: this.#log, definitions: this.#definitions, keyring: await this.#keyring(), erasures }, until);
    } catch (failure) {
      this.#applyLater();
      throw failure;
    }
  }

  /**
   * Drops the keys of all erasures soon, and tries again until it succeeds; the next process that opens the log does it otherwise. Whoever sends an
   * erasure again that had been recorded is told that it is done, and nothing is appended then.
   */
  #applyLater(): void {
    clearTimeout(this.#dropping);
    if (!this.#closed) this.#dropping = setTimeout(() => void this.#apply().catch(() => undefined), DROP_AGAIN_MS).unref();
  }

  /** Sends appends to the log. */
  async #sending<T>(prepared: readonly Prepared[], send: () => Promise<T>): Promise<T> {
    try {
      const appended = await send();
      if (prepared.length === 1) for (const one of prepared) this.#noteSent(one);
      return appended;
    } catch (failure) {
      for (const { stream } of prepared) this.#streams.forget(stream);
      const isRefused = failure instanceof WrongRevision || failure instanceof EventIdTaken;
      if (!isRefused && prepared.some(({ erases }) => erases)) this.#applyLater();
      if (isRefused && prepared.length === 1) for (const { taken } of prepared) await this.#giveBack(taken);
      throw failure;
    }
  }

  async #giveBack(taken: readonly Key[]): Promise<void> {
    for (const key of taken) (await this.#keyring()).giveBack(key);
  }

  #noteSent({ stream, expected, events }: Prepared): void {
    const first = expected === 'none' ? 0 : expected + 1;
    this.#streams.note(
      events.map(({ sealed }, index) => ({ stream, revision: first + index, ...(sealed === undefined ? {} : { sealed }) })),
    );
  }

  /** @throws KeysUnavailable when a key is missing and the log does not say why */
  async #opened(events: readonly RecordedEvent[]): Promise<readonly RecordedEvent[]> {
    this.erasures.note(events);
    const parts = events.flatMap(({ sealed }) => sealed ?? []);
    if (parts.length === 0) return events;
    const keys = await (await this.#keyring()).load(parts.map(({ k }) => k));
    const isUnknown = (k: string): boolean => !keys.has(k) && this.erasures.of(k) === undefined;
    if (parts.some(({ k }) => isUnknown(k))) {
      await this.erasures.readAll();
      for (const event of events) if (event.sealed?.some(({ k }) => isUnknown(k))) throw keyMissing(event.stream);
    }
    const keyOf = (k: string): Buffer | Withheld => this.erasures.of(k) ?? keys.get(k) ?? 'lost';
    return events.map((event) => openedEvent(event, keyOf, this.#definitions));
  }
}

/** The first event of a log. @throws LogUnavailable */
export async function firstOf(log: EventLog): Promise<RecordedEvent | undefined> {
  const { value } = await eventsOf(log, { limit: 1 }).next();
  return value ?? undefined;
}

/**
 * Drops the keys of the erasures that were not applied to the key store yet. Safe to repeat.
 * @param until a position that the log has reached; by default its end
 * @throws LogUnavailable, KeysUnavailable
 */
export async function applyErasures({ log, definitions, keyring, erasures }: ErasureParts, until?: Position): Promise<void> {
  const end = until ?? (await log.head());
  const applied = await keyring.erasuresAppliedTo();
  // A position beyond the log was noted of another engine, or of a log that was longer.
  for (let at = applied > (await log.end()) ? 0 : applied; at < end;) {
    const { events, position } = await log.readAll(at, PAGE, erasures.types);
    erasures.note(events);
    await keyring.drop(events.flatMap((event) => erasureIn(event, definitions)?.keys ?? []));
    await keyring.noteErasures(position);
    at = position;
  }
}

function keyMissing(stream: Stream): KeysUnavailable {
  return new KeysUnavailable(
    `The key of ${streamName(stream)} is not in the key store, and nothing in the log says that it was erased. Restore the key store from its ` +
      'latest backup. If the key is lost for good, `daybook keys accept-loss` says so in the log, and its fields are withheld.',
  );
}
