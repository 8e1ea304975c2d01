/** W1 in process: the commands of deals, compared with the same written by hand on a plain table. */
import { rmSync } from 'node:fs';
import type { Book } from '../book.js';
import { mustEqual } from '../check.js';
import { dealDefinitions } from '../deal/contract.js';
import { ACTOR, eventsOf, streamOf } from '../deal/events.js';
import { stateAfter } from '../deal/expected.js';
import { foldStream } from '../deal/fold.js';
import { commandOf, dealPlots, inOrder, STEPS, WINDOW } from '../deal/plot.js';
import { inTurn, timed } from '../measure.js';
import { foldPlain } from '../plain/fold.js';
import { PlainLog } from '../plain/log.js';
import { fresh, removeDatabase, type Setting } from '../setting.js';
import { openLog } from '../../src/engines.js';
import { CommandHandler } from '../../src/command-handling/command-handler.js';

export async function commands(setting: Setting, book: Book): Promise<void> {
  const few = played(setting, 0.05, 640);
  const seq = await inTurn(setting.runs, {
    daybook: () => throughHandler(setting, few, { cacheSize: 0, atOnce: 1 }),
    plain: () => byHand(setting, few, 1),
    cached: () => throughHandler(setting, few, { cacheSize: 10_000, atOnce: 1 }),
  });
  book.note('w1_seq_cmd_s', seq.daybook, seq.plain);
  const many = played(setting, 0.1, 1280);
  const c64 = await inTurn(setting.runs, {
    daybook: () => throughHandler(setting, many, { cacheSize: 0, atOnce: WINDOW }),
    plain: () => byHand(setting, many, WINDOW),
  });
  book.note('w1_c64_cmd_s', c64.daybook, c64.plain);
  book.note('w1_cached_seq_cmd_s', seq.cached);
}

/** The number of deals in a run: a multiple of the window, so that each 64 commands are for different streams. */
function played({ deals }: Setting, share: number, most: number): number {
  return Math.max(1, Math.floor(Math.min(deals * share, most) / WINDOW)) * WINDOW;
}

/** Commands per second. They are created and validated before the clock starts. */
async function throughHandler(
  setting: Setting,
  deals: number,
  { cacheSize, atOnce }: { readonly cacheSize: number; readonly atOnce: number },
): Promise<number> {
  const dataDir = fresh(setting, 'commands');
  const log = await openLog({ dataDir });
  const commandHandler = new CommandHandler({ log, definitions: dealDefinitions, cacheSize });
  const plots = dealPlots(deals);
  const all = inOrder(plots).map(({ plot, step }) => commandOf(deals, plot, step));

  const { seconds } = await timed(async () => {
    for (let at = 0; at < all.length; at += atOnce) {
      await Promise.all(all.slice(at, at + atOnce).map((command) => commandHandler.execute(command, { actor: ACTOR })));
    }
  });

  for (const plot of plots) {
    mustEqual(`the state of ${plot.name}`, foldStream(await log.readStream(streamOf(plot))), stateAfter(plot, STEPS));
  }
  mustEqual('how many events there are', await log.head(), all.length);
  await log.close();
  rmSync(dataDir, { recursive: true });
  return all.length / seconds;
}

/** The same by hand, with precomputed events: the limit is that of the engine, not of the rules. */
async function byHand(setting: Setting, deals: number, atOnce: number): Promise<number> {
  const file = fresh(setting, 'plain.db');
  const log = new PlainLog(file);
  const plots = dealPlots(deals);
  const lives = new Map(plots.map((plot) => [plot, eventsOf(deals, plot)]));
  const all = inOrder(plots).map(({ plot, step }) => ({ plot, step, event: lives.get(plot)?.[step] }));

  const { seconds } = await timed(() => {
    for (let at = 0; at < all.length; at += atOnce) {
      log.transaction(() => {
        for (const { plot, step, event } of all.slice(at, at + atOnce)) {
          const history = log.load(plot.id);
          const status = foldPlain(history)?.status;
          if (!event || (step > 0 && status !== 'open')) throw new RangeError(`${plot.name} has no step ${step} while it is ${status}.`);
          log.append(plot.id, history.length, event);
        }
      });
    }
  });

  for (const plot of plots) mustEqual(`the plain state of ${plot.name}`, foldPlain(log.load(plot.id)), stateAfter(plot, STEPS));
  log.close();
  removeDatabase(file);
  return all.length / seconds;
}
