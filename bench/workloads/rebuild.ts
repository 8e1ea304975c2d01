/** W3: read models built from the first event on: first builds, without and with history; beside live ones; ten in one pass. */
import { rmSync } from 'node:fs';
import type { Book } from '../book.js';
import { mustEqual } from '../check.js';
import { build, mustHold } from '../deal/builds.js';
import { monthsOf } from '../deal/expected.js';
import type { ProjectionSet } from '../deal/read-models.js';
import { inTurn, timed } from '../measure.js';
import { rebuildPlain } from '../plain/rebuild.js';
import type { Seeded } from '../seeded.js';
import { fresh, removeDatabase, type Setting } from '../setting.js';

/** A rebuild starts cold, as in production. */
const cold = { warmUp: false };

export async function rebuilds(
  setting: Setting,
  book: Book,
  seeded: Seeded,
  wanted: (...keys: readonly string[]) => boolean,
): Promise<void> {
  const { dataDir: logDir, plots, events } = seeded;
  const plain = (versions: boolean) => async () => {
    const file = fresh(setting, 'plain-views.db');
    const { seconds, result } = await timed(() => rebuildPlain(seeded.plain, file, versions));
    mustEqual('how many documents the plain rebuild made', result, { deals: plots.length, months: monthsOf(plots.length).size });
    removeDatabase(file);
    return events / seconds;
  };
  /** Events of the log per second. */
  const built =
    (set: ProjectionSet, beside = false) =>
    async () => {
      const dataDir = fresh(setting, 'views');
      if (beside) await build({ logDir, dataDir, set });
      const seconds = await build({ logDir, dataDir, set, beside });
      await mustHold(dataDir, set, plots);
      rmSync(dataDir, { recursive: true });
      return events / seconds;
    };
  if (wanted('w3_rebuild_ev_s')) {
    const { daybook, limit } = await inTurn(setting.runs, { daybook: built('current'), limit: plain(false) }, cold);
    book.note('w3_rebuild_ev_s', daybook, limit);
  }
  if (wanted('w3_rebuild_versions_ev_s')) {
    const { daybook, limit } = await inTurn(setting.runs, { daybook: built('kept'), limit: plain(true) }, cold);
    book.note('w3_rebuild_versions_ev_s', daybook, limit);
  }
  if (wanted('w3_beside_versions_ev_s')) {
    const { daybook } = await inTurn(setting.runs, { daybook: built('kept', true) }, cold);
    book.note('w3_beside_versions_ev_s', daybook);
  }
  if (wanted('w3_ten_ev_s')) {
    const { daybook } = await inTurn(setting.runs, { daybook: built('ten') }, cold);
    book.note('w3_ten_ev_s', daybook);
  }
}
