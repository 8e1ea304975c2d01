/** W3: two read models from empty, without and with kept versions; then lists of the kept ones as of several moments. */
import { rmSync } from 'node:fs';
import type { Book } from '../book.js';
import { mustEqual } from '../check.js';
import { dealDefinitions } from '../deal/contract.js';
import { documentAfter, monthsOf } from '../deal/expected.js';
import { ordinal, STAGES, STEPS, stepsWithin } from '../deal/plot.js';
import { dealMonths, deals, withoutVersions } from '../deal/read-models.js';
import { inTurn, timed } from '../measure.js';
import { rebuildPlain } from '../plain/rebuild.js';
import type { Seeded } from '../seeded.js';
import { fresh, removeDatabase, type Setting } from '../setting.js';
import { loadConfig } from '../../src/config.js';
import { openViewReader, openViewWriter } from '../../src/engines.js';
import type { Projection } from '../../src/kernel/projection.js';
import { Projector } from '../../src/projector/projector.js';
import type { ViewReader } from '../../src/views/port.js';

const KEYS = 500;
const FIRST = 50;

const kept = [deals, dealMonths];
const current = kept.map(withoutVersions);

/** A rebuild begins cold, as an operator's does. */
const cold = { warmUp: false };

export async function rebuilds(setting: Setting, book: Book, seeded: Seeded): Promise<void> {
  const plain = (versions: boolean) => async () => {
    const file = fresh(setting, 'plain-views.db');
    const { seconds, result } = await timed(() => rebuildPlain(seeded.plain, file, versions));
    mustEqual('how many documents the plain rebuild made', result, {
      deals: seeded.plots.length,
      months: monthsOf(seeded.plots.length).size,
    });
    removeDatabase(file);
    return seeded.events / seconds;
  };
  const rebuilt = (projections: readonly Projection[]) => async () => {
    const dataDir = fresh(setting, 'views');
    const rate = await rebuild(seeded, dataDir, projections);
    rmSync(dataDir, { recursive: true });
    return rate;
  };
  const without = await inTurn(setting.runs, { daybook: rebuilt(current), plain: plain(false) }, cold);
  book.note('w3_rebuild_ev_s', without.daybook, without.plain);
  const versions = await inTurn(setting.runs, { daybook: rebuilt(kept), plain: plain(true) }, cold);
  book.note('w3_rebuild_versions_ev_s', versions.daybook, versions.plain);
}

/** Lists as of a moment, by the reader that the server has. */
export async function listsAsOf(setting: Setting, book: Book, seeded: Seeded): Promise<void> {
  const dataDir = fresh(setting, 'views-as-of');
  await rebuild(seeded, dataDir, kept);
  const { readerThreads } = loadConfig({}, { dataDir });
  const views = await openViewReader({ dataDir, readerThreads });
  const moments = {
    asof_recent_ms: seeded.events - 1,
    asof_half_ms: Math.floor(seeded.events / 2),
    asof_first_ms: Math.min(704, seeded.events),
  };
  for (const [key, position] of Object.entries(moments)) {
    const values = await inTurn(setting.runs, { list: () => milliseconds(seeded, views, position) });
    book.note(key, values.list);
  }
  await views.close();
  rmSync(dataDir, { recursive: true });
}

/** Events per second, documents and checkpoints durable in the store's own way. */
async function rebuild({ log, events, plots }: Seeded, dataDir: string, projections: readonly Projection[]): Promise<number> {
  const views = await openViewWriter({ dataDir });
  const { projectionPage } = loadConfig({}, { dataDir });
  const projector = new Projector({ log, views, projections, definitions: dealDefinitions, pageSize: projectionPage });

  const { seconds } = await timed(() => projector.catchUp());

  await views.close();
  const reader = await openViewReader({ dataDir, readerThreads: 0 });
  await checkDocuments(reader, projections, plots);
  await reader.close();
  return events / seconds;
}

async function checkDocuments(views: ViewReader, [byDeal, byMonth]: readonly Projection[], plots: Seeded['plots']): Promise<void> {
  if (!byDeal || !byMonth) throw new RangeError('There are two read models.');
  const months = monthsOf(plots.length);
  mustEqual(
    'how many deals and months there are',
    [await views.count(byDeal.model, {}), await views.count(byMonth.model, {})],
    [plots.length, months.size],
  );
  mustEqual('the months', await views.get(byMonth.model, [...months.keys()]), [...months.values()]);
  for (let at = 0; at < plots.length; at += KEYS) {
    const some = plots.slice(at, at + KEYS);
    const keys = some.map(({ id }) => id);
    mustEqual(
      'the deals',
      await views.get(byDeal.model, keys),
      some.map((plot) => documentAfter(plots.length, plot, STEPS)),
    );
  }
  if (!byDeal.model.history) return;
  const half = ordinal(plots.length, Math.floor(plots.length / 2), 5);
  for (let at = 0; at < plots.length; at += KEYS) {
    const some = plots.slice(at, at + KEYS);
    const expected = some.map((plot) => {
      const steps = stepsWithin(plots.length, plot.index, half);
      return steps === 0 ? null : documentAfter(plots.length, plot, steps);
    });
    mustEqual(
      `the deals as of ${half}`,
      await views.get(
        byDeal.model,
        some.map(({ id }) => id),
        half,
      ),
      expected,
    );
  }
}

/** How long one list takes, in milliseconds: the mean over all stages, some rounds of them. */
async function milliseconds({ plots }: Seeded, views: ViewReader, asOf: number): Promise<number> {
  const rounds = 4;
  const pages: string[] = [];
  const { seconds } = await timed(async () => {
    for (let round = 0; round < rounds; round++) {
      for (const stage of STAGES) {
        const { json } = await views.list(deals.model, {
          where: { kind: 'is', column: 'stage', op: 'eq', value: stage },
          orderBy: [{ column: 'amount', descending: true }],
          first: FIRST,
          asOf,
        });
        pages.push(json);
      }
    }
  });
  const then = plots.flatMap((plot) => {
    const steps = stepsWithin(plots.length, plot.index, asOf);
    return steps === 0 ? [] : [documentAfter(plots.length, plot, steps)];
  });
  pages.forEach((json, index) => {
    const stage = STAGES[index % STAGES.length];
    const expected = then
      .filter((deal) => deal.stage === stage)
      .sort((a, b) => b.amount.amount - a.amount.amount)
      .slice(0, FIRST);
    const listed = (JSON.parse(json) as readonly { readonly document: unknown }[]).map(({ document }) => document);
    mustEqual(`the deals in ${stage} as of ${asOf}`, listed, expected);
  });
  return (seconds * 1000) / pages.length;
}
