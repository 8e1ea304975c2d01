/** Reads back what stands where something was just appended: of one stream, or of many at once, as they stand in the log. */
import { streamName, type Position, type RecordedEvent, type Stream } from '../kernel/event.js';
import type { EventLog } from '../log/port.js';

interface Wanted {
  readonly stream: Stream;
  readonly revision: number;
  /** Where it stands, or what was appended with it. */
  readonly position: Position;
  readonly resolve: (event: RecordedEvent | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** How many events are read for each that is wanted: what others append meanwhile is read too. */
const READ_PER_WANTED = 4;

export class ReadBack {
  readonly #wanted: Wanted[] = [];
  #reading = false;

  constructor(private readonly log: Pick<EventLog, 'readStream' | 'readAll'>) {}

  /**
   * The event at a revision of a stream; undefined when there is none any more. What is asked for during a read is read together.
   * @param position the append's
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

  /** What stands after the first of several, as far as it is likely to be wanted. */
  async #between(wanted: readonly Wanted[]): Promise<ReadonlyMap<string, RecordedEvent>> {
    if (wanted.length < 2) return new Map();
    const first = Math.min(...wanted.map(({ position }) => position));
    const { events } = await this.log.readAll(first, wanted.length * READ_PER_WANTED);
    return new Map(events.map((event) => [placeOf(event.stream, event.revision), event]));
  }

  async #readAlone(stream: Stream, revision: number): Promise<RecordedEvent | undefined> {
    return (await this.log.readStream(stream, revision, 1))[0];
  }
}

function placeOf(stream: Stream, revision: number): string {
  return `${streamName(stream)} ${revision}`;
}
