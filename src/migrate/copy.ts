/** Carries events from one log to the end of another, in the order of the first. */
import { streamName, type RecordedEvent } from '../kernel/event.js';
import { EventIdTaken, WrongRevision, type EventLog, type EventToAppend } from '../log/port.js';
import type { Held, Watched } from './compare.js';
import { MigrationRefused } from './refused.js';
import { estimated, pagesOf } from './walk.js';

export interface CopyOptions extends Watched {
  /** What the target has, which is where to go on. */
  readonly held: Held;
  /**
   * Whether appends that are asked for at once, of up to 1,000 events in all, are made in the order in which they were asked for, and none of
   * them when the engine fails, as by the embedded log. Otherwise each waits for the one before.
   */
  readonly together: boolean;
}

/** What the source and the target both have after it. */
export type Copied = Held;

/** Events that follow each other in one stream, several times. */
type Runs = readonly (readonly RecordedEvent[])[];

/** What goes into one append at most: events, and bytes of JSON, of the megabyte that EventStoreDB takes. */
const APPEND = { events: 500, bytes: 512 * 1024 };

/** How many events are asked for at once at most: a full disk in the middle must not leave later events without those before them. */
const TOGETHER = 1_000;

/** About what an event takes besides its data, in bytes. */
const METADATA_BYTES = 1_024;

/**
 * Copies what comes after `held`, until the source has nothing more, however much is written to it meanwhile.
 * @throws MigrationRefused when an event can't have in the target the place that it has in the source; LogUnavailable
 */
export async function copy(source: EventLog, target: EventLog, { held, together, signal, onProgress }: CopyOptions): Promise<Copied> {
  let copied: Copied = held;
  for await (const { events, position } of pagesOf(source, { after: held.position, signal })) {
    const head = await source.head();
    const runs = runsOf(events);
    for (const some of groupsOf(runs, together ? TOGETHER : 0)) {
      if (signal?.aborted) return copied;
      await Promise.all(some.map((run) => append(target, run)));
      const last = some.at(-1)?.at(-1);
      copied = { events: copied.events + some.flat().length, position: last?.position ?? copied.position };
      onProgress?.(copied.events, estimated(copied.events, copied.position, head));
    }
    copied = { ...copied, position };
  }
  return copied;
}

/** Events that follow each other in one stream go into one append, as far as it takes them. */
function runsOf(events: readonly RecordedEvent[]): Runs {
  const runs: RecordedEvent[][] = [];
  let bytes = 0;
  for (const event of events) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    const size = METADATA_BYTES + Buffer.byteLength(JSON.stringify(event.data));
    const follows = before && streamName(before.stream) === streamName(event.stream) && before.revision + 1 === event.revision;
    if (run && follows && run.length < APPEND.events && bytes + size <= APPEND.bytes) {
      run.push(event);
      bytes += size;
    } else {
      runs.push([event]);
      bytes = size;
    }
  }
  return runs;
}

/** Runs in groups of up to so many events, of one run at least. */
function groupsOf(runs: Runs, most: number): readonly Runs[] {
  const groups: (readonly RecordedEvent[])[][] = [];
  let events = 0;
  for (const run of runs) {
    const group = groups.at(-1);
    if (group && events + run.length <= most) {
      group.push(run);
      events += run.length;
    } else {
      groups.push([run]);
      events = run.length;
    }
  }
  return groups;
}

async function append(target: EventLog, run: readonly RecordedEvent[]): Promise<void> {
  const [first] = run;
  if (!first) return;
  const { stream, revision } = first;
  const events = run.map(({ id, type, version, data, metadata }): EventToAppend => ({ id, type, version, data, metadata }));
  try {
    await target.append(stream, revision === 0 ? 'none' : revision - 1, events);
  } catch (error) {
    const name = streamName(stream);
    if (error instanceof WrongRevision) {
      throw new MigrationRefused(
        `Event ${revision} of ${name} can't be copied: the target has ${error.actual === 'none' ? 'none' : `up to event ${error.actual}`} of that stream. ` +
          'Either somebody else writes to the target, or the source has lost the beginning of the stream. What was copied until then is there.',
        { cause: error },
      );
    }
    if (error instanceof EventIdTaken) {
      throw new MigrationRefused(
        `An event of ${name} can't be copied: its id ${error.id} stands in ${streamName(error.stream)} as well, and the target takes an id once. ` +
          'What was copied until then is there.',
        { cause: error },
      );
    }
    if (error instanceof RangeError) {
      throw new MigrationRefused(`Event ${revision} of ${name} can't be copied: ${error.message} What was copied until then is there.`, {
        cause: error,
      });
    }
    throw error;
  }
}
