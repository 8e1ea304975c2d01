/** Two logs that hold the whole workload, Daybook's and a plain one: what rebuilds, reads and lists as of a moment are measured on. */
import { mustEqual } from './check.js';
import { eventsOf, streamOf } from './deal/events.js';
import { dealPlots, STEPS, windowsOf, type DealPlot } from './deal/plot.js';
import { PlainLog } from './plain/log.js';
import { fresh, type Setting } from './setting.js';
import { openLog } from '../src/engines.js';
import type { EventLog } from '../src/log/port.js';

export interface Seeded {
  readonly plots: readonly DealPlot[];
  /** How many events each log holds; in both, positions count from 1 without gaps. */
  readonly events: number;
  readonly log: EventLog;
  readonly plain: PlainLog;
  close(): Promise<void>;
}

/** Fills both logs in the order of the workload. */
export async function seed(setting: Setting): Promise<Seeded> {
  const log = await openLog({ dataDir: fresh(setting, 'seeded') });
  const plain = new PlainLog(fresh(setting, 'seeded-plain.db'));
  const plots = dealPlots(setting.deals);
  for (const window of windowsOf(plots)) {
    const lives = window.map((plot) => ({ plot, events: eventsOf(setting.deals, plot) }));
    for (let step = 0; step < STEPS; step++) {
      await Promise.all(
        lives.map(({ plot, events }) => log.append(streamOf(plot), step === 0 ? 'none' : step - 1, events.slice(step, step + 1))),
      );
    }
    plain.transaction(() => {
      for (let step = 0; step < STEPS; step++) {
        for (const { plot, events } of lives) for (const event of events.slice(step, step + 1)) plain.append(plot.id, step, event);
      }
    });
  }
  const events = plots.length * STEPS;
  mustEqual('how many events were seeded', await log.head(), events);
  return {
    plots,
    events,
    log,
    plain,
    async close() {
      await log.close();
      plain.close();
    },
  };
}
