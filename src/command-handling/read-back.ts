/** Reads events back after an append. Simultaneous requests share one read of the log. */
import { streamName, type Position, type RecordedEvent, type Stream } from '../kernel/event.js';
import type { EventLog } from '../log/port.js';

interface Wanted {
  readonly stream: Stream;
  readonly revision: number;
  /** Its position, or a later one of the same append. */
  readonly position: Position;
  readonly resolve: (event: RecordedEvent | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** The number of events read per requested one: other commands' events are in between. */
const READ_PER_WANTED = 4;

export class ReadBack {
  readonly #log: Pick<EventLog, 'readStream' | 'readAll'>;
  readonly #wanted: Wanted[] = [];
  #reading = false;

  constructor(log: Pick<EventLog, 'readStream' | 'readAll'>) {
    this.#log = log;
  }

  /**
   * The event at a revision of a stream; undefined when it no longer exists. Requests during a read are combined into the next one.
   * @param position the position of the append
   * @throws LogUnavailable
   */
  read(stream: Stream, revision: number, position: Position): Promise<RecordedEvent | undefined> {
    return new Promise((resolve, reject) => {
      this.#wanted.push({ stream, revision, position, resolve, reject });
      if (!this.#reading) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#reading = true;
    while (this.#wanted.length > 0) await this.#readNow(this.#wanted.splice(0));
    this.#reading = false;
  }

  async #readNow(wanted: readonly Wanted[]): Promise<void> {
    try {
      const found = await this.#between(wanted);
      const alone = async ({ stream, revision }: Wanted) => found.get(placeOf(stream, revision)) ?? this.#readAlone(stream, revision);
      const events = await Promise.all(wanted.map(alone));
      wanted.forEach(({ resolve }, index) => resolve(events[index]));
    } catch (error) {
      for (const { reject } of wanted) reject(error);
    }
  }

  /** The events from the first requested one on, if several are requested. */
  async #between(wanted: readonly Wanted[]): Promise<ReadonlyMap<string, RecordedEvent>> {
    if (wanted.length < 2) return new Map();
    const first = Math.min(...wanted.map(({ position }) => position));
    const { events } = await this.#log.readAll(first, wanted.length * READ_PER_WANTED);
    return new Map(events.map((event) => [placeOf(event.stream, event.revision), event]));
  }

  async #readAlone(stream: Stream, revision: number): Promise<RecordedEvent | undefined> {
    return (await this.#log.readStream(stream, revision, 1))[0];
  }
}

function placeOf(stream: Stream, revision: number): string {
  return `${streamName(stream)} ${revision}`;
}
