/** Logs with the whole workload, for measuring builds, reads and as-of lists, and a plain log for comparison. */
import { mustEqual } from './check.js';
import { eventsOf, streamOf } from './deal/events.js';
import { dealPlots, STEPS, windowsOf, type DealPlot } from './deal/plot.js';
import { PlainLog } from './plain/log.js';
import { fresh, type Setting } from './setting.js';
import { openLog } from '../src/engines.js';
import type { EventLog } from '../src/log/port.js';

export interface SeededLog {
  /** The folder of the log. */
  readonly dataDir: string;
  readonly plots: readonly DealPlot[];
  /** The number of events; positions count from 1 without gaps. */
  readonly events: number;
}

export interface Seeded extends SeededLog {
  readonly log: EventLog;
  /** The same events, at the same positions. */
  readonly plain: PlainLog;
  close(): Promise<void>;
}

/** Fills both logs in the order of the workload. */
export async function seed(setting: Setting): Promise<Seeded> {
  const seeded = await seedLog(setting, setting.deals);
  const plain = new PlainLog(fresh(setting, 'seeded-plain.db'));
  for (const window of windowsOf(seeded.plots)) {
    const lives = window.map((plot) => ({ plot, events: eventsOf(setting.deals, plot) }));
    plain.transaction(() => {
      for (let step = 0; step < STEPS; step++) {
        for (const { plot, events } of lives) for (const event of events.slice(step, step + 1)) plain.append(plot.id, step, event);
      }
    });
  }
  const log = await openLog(seeded);
  return {
    ...seeded,
    log,
    plain,
    async close() {
      await log.close();
      plain.close();
    },
  };
}

/** Fills a log with all events of the deals. */
export async function seedLog(setting: Setting, deals: number): Promise<SeededLog> {
  const dataDir = fresh(setting, 'seeded');
  const log = await openLog({ dataDir }, { durableAtClose: true });
  const plots = dealPlots(deals);
  for (const window of windowsOf(plots)) {
    const lives = window.map((plot) => ({ plot, events: eventsOf(deals, plot) }));
    for (let step = 0; step < STEPS; step++) {
      await Promise.all(
        lives.map(({ plot, events }) => log.append(streamOf(plot), step === 0 ? 'none' : step - 1, events.slice(step, step + 1))),
      );
    }
  }
  const events = plots.length * STEPS;
  mustEqual('how many events were seeded', await log.head(), events);
  await log.close();
  return { dataDir, plots, events };
}
