/** Copies events from one log to the end of another, in order. */
import { streamName, type RecordedEvent } from '../kernel/event.js';
import { EventIdTaken, WrongRevision, type Append, type EventLog, type EventToAppend } from '../log/port.js';
import { sealedText } from '../log/sealed-parts.js';
import { pagesOf } from '../log/walk.js';
import type { Held, Watched } from './compare.js';
import { MigrationRefused } from './refused.js';
import { estimated } from './estimate.js';

export interface CopyOptions extends Watched {
  /** What the target already has. */
  readonly held: Held;
}

/** What the target has after the copy. */
export type Copied = Held;

/** Lists of consecutive events of one stream. */
type Runs = readonly (readonly RecordedEvent[])[];

/** The maximum of one append: events, and bytes of JSON; EventStoreDB's maximum is a megabyte. */
const APPEND = { events: 500, bytes: 512 * 1024 };

/** The number of events written at once, between progress reports and checks of the signal. */
const AT_ONCE = 500;

/** The approximate size of an event besides its data, in bytes. */
const METADATA_BYTES = 1_024;

/**
 * Copies everything after `held`, including events that are appended to the source meanwhile.
 * @throws MigrationRefused when an event can't have the same revision in the target; LogUnavailable
 */
export async function copy(source: EventLog, target: EventLog, { held, signal, onProgress }: CopyOptions): Promise<Copied> {
  let copied: Copied = held;
  for await (const { events, position } of pagesOf(source, { after: held.position, signal })) {
    const head = await source.head();
    for (const some of groupsOf(runsOf(events))) {
      if (signal?.aborted) return copied;
      await appendAll(target, some);
      const last = some.at(-1)?.at(-1);
      copied = { events: copied.events + some.flat().length, position: last?.position ?? copied.position };
      onProgress?.(copied.events, estimated(copied.events, copied.position, head));
    }
    copied = { ...copied, position };
  }
  return copied;
}

/** Groups consecutive events of one stream, up to the maximum of one append. */
function runsOf(events: readonly RecordedEvent[]): Runs {
  const runs: RecordedEvent[][] = [];
  let bytes = 0;
  for (const event of events) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    const size = sizeOf(event);
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

function sizeOf({ data, sealed = [] }: RecordedEvent): number {
  return METADATA_BYTES + Buffer.byteLength(JSON.stringify(data)) + (sealed.length > 0 ? sealedText(sealed).length : 0);
}

/** Groups runs, up to the number of events written at once. */
function groupsOf(runs: Runs): readonly Runs[] {
  const groups: (readonly RecordedEvent[])[][] = [];
  let events = 0;
  for (const run of runs) {
    const group = groups.at(-1);
    if (group && events + run.length <= AT_ONCE) {
      group.push(run);
      events += run.length;
    } else {
      groups.push([run]);
      events = run.length;
    }
  }
  return groups;
}

async function appendAll(target: EventLog, runs: Runs): Promise<void> {
  try {
    await target.appendAll(runs.flatMap((run) => (run[0] ? [toAppend(run, run[0])] : [])));
  } catch (error) {
    if (![WrongRevision, EventIdTaken, RangeError].some((kind) => error instanceof kind)) throw error;
    // Repeated one by one to find the refused append; those already written return their first result.
    for (const run of runs) await append(target, run);
  }
}

/** @throws MigrationRefused that names the event */
async function append(target: EventLog, run: readonly RecordedEvent[]): Promise<void> {
  const [first] = run;
  if (!first) return;
  const { stream, revision } = first;
  const { expected, events } = toAppend(run, first);
  try {
    await target.append(stream, expected, events);
  } catch (error) {
    const name = streamName(stream);
    if (error instanceof WrongRevision) {
      throw new MigrationRefused(
        `Event ${revision} of ${name} can't be copied: the target has ${error.actual === 'none' ? 'no event' : `events up to ${error.actual}`} of that stream. ` +
          'Either another process writes to the target, or the source has lost the beginning of the stream. Earlier events were copied.',
        { cause: error },
      );
    }
    if (error instanceof EventIdTaken) {
      throw new MigrationRefused(
        `An event of ${name} can't be copied: its id ${error.id} is also in ${streamName(error.stream)}, and ids are unique in the target. ` +
          'Earlier events were copied.',
        { cause: error },
      );
    }
    if (error instanceof RangeError) {
      throw new MigrationRefused(`Event ${revision} of ${name} can't be copied: ${error.message} Earlier events were copied.`, {
        cause: error,
      });
    }
    throw error;
  }
}

function toAppend(run: readonly RecordedEvent[], { stream, revision }: RecordedEvent): Append {
  const events = run.map(({ stream: _, revision: __, position: ___, ...event }): EventToAppend => event);
  return { stream, expected: revision === 0 ? 'none' : revision - 1, events };
}
