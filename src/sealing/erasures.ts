/** Which keys the log says were dropped: from events that erase, and from those that say which keys were lost. */
import type { Definitions } from '../../contracts/definitions.js';
import { streamName, type Position, type RecordedEvent, type Stream, type Withheld } from '../kernel/event.js';
import type { EventLog } from '../log/port.js';

/** The keys that an event drops. */
export interface Erasure {
  readonly keys: readonly string[];
  readonly why: Withheld;
}

/** What an event erases; undefined for other events. */
export function erasureIn({ type, data }: RecordedEvent, definitions: Definitions): Erasure | undefined {
  const why = definitions(type)?.withholds;
  return why && { why, keys: (data as { readonly keys: readonly string[] }).keys };
}

/** Events per read. */
const PAGE = 1_000;

export class Erasures {
  readonly #log: Pick<EventLog, 'readAll' | 'tail'>;
  readonly #definitions: Definitions;
  /** The types of events that erase. */
  readonly types: readonly string[];
  /** Erasures up to here were applied to the key store when this was made: their keys are not there, so they are read only when one is missed. */
  readonly #applied: Position;
  readonly #keys = new Map<string, Withheld>();
  /** The position of the last erasure of each stream. */
  readonly #streams = new Map<string, Position>();
  /** The position of the last one. */
  #last: Position = 0;
  #readTo: Position;
  #complete: Promise<void> | undefined;

  /**
   * @param types the types of events that erase
   * @param applied the position up to which erasures were applied to the key store
   */
  constructor(log: Pick<EventLog, 'readAll' | 'tail'>, definitions: Definitions, types: readonly string[], applied: Position) {
    this.#log = log;
    this.#definitions = definitions;
    this.types = types;
    this.#applied = applied;
    this.#readTo = applied;
  }

  /** Why the parts under a key are withheld, as far as is known; undefined when they are not. */
  of(k: string): Withheld | undefined {
    return this.#keys.get(k);
  }

  /** Whether the record was erased after a position, as far as is known. */
  isErasedAfter(stream: Stream, position: Position): boolean {
    return (this.#streams.get(streamName(stream)) ?? 0) > position;
  }

  /** Whether any record was erased after a position, as far as is known. */
  areAnyAfter(position: Position): boolean {
    return this.#last > position;
  }

  /** Notes what events erase. */
  note(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      const erasure = erasureIn(event, this.#definitions);
      if (!erasure) continue;
      for (const k of erasure.keys) this.#keys.set(k, erasure.why);
      const name = streamName(event.stream);
      this.#streams.set(name, Math.max(event.position, this.#streams.get(name) ?? 0));
      this.#last = Math.max(event.position, this.#last);
    }
  }

  /** Reads the erasures of the log up to its end. @throws LogUnavailable */
  async refresh(): Promise<void> {
    this.#readTo = Math.max(this.#readTo, await this.#read(this.#readTo));
  }

  /** Reads the erasures after a position that were applied to the key store before, but perhaps not to read models. @throws LogUnavailable */
  async knowAfter(position: Position): Promise<void> {
    if (position < this.#applied) await this.#read(position, this.#applied);
  }

  /** Reads all erasures of the log, also those that were applied before. @throws LogUnavailable */
  async readAll(): Promise<void> {
    this.#complete ??= this.#read(0, this.#applied).then(
      () => undefined,
      (failure: unknown) => {
        this.#complete = undefined;
        throw failure;
      },
    );
    await this.#complete;
    await this.refresh();
  }

  /** Notes further erasures as any process appends them, until the signal aborts. @throws LogUnavailable */
  async follow(signal: AbortSignal): Promise<void> {
    for await (const { events } of this.#log.tail(this.#readTo, { limit: PAGE, types: this.types, signal })) this.note(events);
  }

  /** @returns where the log ends, or `until` */
  async #read(from: Position, until = Infinity): Promise<Position> {
    for (let at = from; at < until;) {
      const { events, position } = await this.#log.readAll(at, PAGE, this.types);
      this.note(events);
      if (position === at) return at;
      at = position;
    }
    return until;
  }
}
