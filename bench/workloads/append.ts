/** W2: appends of 100 events, each to a new stream. */
import { rmSync } from 'node:fs';
import type { Book } from '../book.js';
import { mustEqual } from '../check.js';
import { eventsOf } from '../deal/events.js';
import { dealPlots, STEPS } from '../deal/plot.js';
import { inTurn, timed } from '../measure.js';
import { PlainLog } from '../plain/log.js';
import { fresh, removeDatabase, type Setting } from '../setting.js';
import { openLog } from '../../src/engines.js';
import { derivedId } from '../../src/kernel/derived-id.js';
import type { EventToAppend } from '../../src/log/port.js';

const BATCH = 100;

interface Batch {
  readonly stream: string;
  readonly events: readonly EventToAppend[];
}

export async function appends(setting: Setting, book: Book): Promise<void> {
  const batches = batchesOf(Math.max(1, Math.floor(Math.min(setting.deals * STEPS * 0.25, 40_000) / BATCH)));
  const { daybook, plain } = await inTurn(setting.runs, {
    daybook: () => throughPort(setting, batches),
    plain: () => byHand(setting, batches),
  });
  book.note('w2_batch100_ev_s', daybook, plain);
}

/** The events of many deals, divided into streams of 100. */
function batchesOf(count: number): readonly Batch[] {
  const deals = Math.ceil((count * BATCH) / STEPS);
  const events = dealPlots(deals).flatMap((plot) => eventsOf(deals, plot));
  return Array.from({ length: count }, (_, batch) => ({
    stream: derivedId('bench', 'batch', String(batch)),
    events: events.slice(batch * BATCH, (batch + 1) * BATCH),
  }));
}

async function throughPort(setting: Setting, batches: readonly Batch[]): Promise<number> {
  const dataDir = fresh(setting, 'appends');
  const log = await openLog({ dataDir });

  const { seconds } = await timed(async () => {
    for (const { stream, events } of batches) await log.append({ type: 'batch', id: stream }, 'none', events);
  });

  for (const { stream, events } of batches) {
    const stored = await log.readStream({ type: 'batch', id: stream });
    mustEqual(
      `the batch ${stream}`,
      stored.map(({ id, data }) => ({ id, data })),
      events.map(({ id, data }) => ({ id, data })),
    );
  }
  mustEqual('how many events there are', await log.head(), batches.length * BATCH);
  await log.close();
  rmSync(dataDir, { recursive: true });
  return (batches.length * BATCH) / seconds;
}

async function byHand(setting: Setting, batches: readonly Batch[]): Promise<number> {
  const file = fresh(setting, 'plain.db');
  const log = new PlainLog(file);

  const { seconds } = await timed(() => {
    for (const { stream, events } of batches) {
      log.transaction(() => events.forEach((event, revision) => log.append(stream, revision, event)));
    }
  });

  for (const { stream, events } of batches) {
    mustEqual(
      `the plain batch ${stream}`,
      log.load(stream).map(({ data }) => data),
      events.map(({ data }) => data),
    );
  }
  log.close();
  removeDatabase(file);
  return (batches.length * BATCH) / seconds;
}
