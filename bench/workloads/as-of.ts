/** Lists of 50 documents in the store: current ones, and as of several instants, by the server's reader. */
import { rmSync } from 'node:fs';
import type { Book } from '../book.js';
import { mustEqual } from '../check.js';
import { build } from '../deal/builds.js';
import { documentAfter } from '../deal/expected.js';
import { STAGES, stepsWithin, type DealPlot } from '../deal/plot.js';
import { deals } from '../deal/read-models.js';
import { inTurn, timed } from '../measure.js';
import type { SeededLog } from '../seeded.js';
import { fresh, type Setting } from '../setting.js';
import { loadConfig } from '../../src/config.js';
import { openViewReader } from '../../src/engines.js';
import { servedBuild } from '../../src/views/serving/versions.js';
import type { Served } from '../../src/views/port/builds.js';
import type { ViewReader } from '../../src/views/port/store.js';

const FIRST = 50;
const ROUNDS = 4;

/** The fraction of a year that has passed one week before its end. */
const ALL_BUT_A_WEEK = (365 - 7) / 365;

/** @param prefix of the keys */
export async function listsAsOf(setting: Setting, book: Book, { dataDir: logDir, plots, events }: SeededLog, prefix = ''): Promise<void> {
  const dataDir = fresh(setting, 'views-as-of');
  await build({ logDir, dataDir, set: 'kept' });
  const { readerThreads } = loadConfig({}, { dataDir });
  const views = await openViewReader({ dataDir, readerThreads });
  const answering = servedBuild(await views.builds(), deals.model);
  const moments: Readonly<Record<string, number | undefined>> = {
    list_ms: undefined,
    asof_recent_ms: events - 1,
    asof_week_ms: Math.floor(events * ALL_BUT_A_WEEK),
    asof_half_ms: Math.floor(events / 2),
    asof_first_ms: Math.min(704, events),
  };
  for (const [key, position] of Object.entries(moments)) {
    const expected = listedAt(plots, position ?? events);
    const values = await inTurn(setting.runs, { list: () => milliseconds(views, answering, position, expected) });
    book.note(`${prefix}${key}`, values.list);
  }
  await views.close();
  rmSync(dataDir, { recursive: true });
}

/** The first deals of each stage, the highest amount first. */
function listedAt(plots: readonly DealPlot[], position: number): readonly (readonly unknown[])[] {
  const then = plots.flatMap((plot) => {
    const steps = stepsWithin(plots.length, plot.index, position);
    return steps === 0 ? [] : [documentAfter(plots.length, plot, steps)];
  });
  return STAGES.map((stage) =>
    then
      .filter((deal) => deal.stage === stage)
      .sort((a, b) => b.amount.amount - a.amount.amount)
      .slice(0, FIRST),
  );
}

/** The duration of a list in milliseconds: the mean over all stages and several rounds. */
async function milliseconds(
  views: ViewReader,
  answering: Served,
  asOf: number | undefined,
  expected: readonly (readonly unknown[])[],
): Promise<number> {
  const pages: string[] = [];
  const { seconds } = await timed(async () => {
    for (let round = 0; round < ROUNDS; round++) {
      for (const stage of STAGES) {
        const { json } = await views.list(answering, {
          where: { kind: 'is', column: 'stage', op: 'eq', value: stage },
          orderBy: [{ column: 'amount', descending: true }],
          first: FIRST,
          ...(asOf === undefined ? {} : { asOf }),
        });
        pages.push(json);
      }
    }
  });
  pages.forEach((json, index) => {
    const listed = (JSON.parse(json) as readonly { readonly document: unknown }[]).map(({ document }) => document);
    mustEqual(`the deals in ${STAGES[index % STAGES.length]} as of ${asOf ?? 'now'}`, listed, expected[index % STAGES.length]);
  });
  return (seconds * 1000) / pages.length;
}
