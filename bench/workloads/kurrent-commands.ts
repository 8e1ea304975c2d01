/** Leads registered over HTTP with the log on the measured server, compared with as many appends of the client alone. */
import { rmSync } from 'node:fs';
import type { Bench } from '../kurrent/bench.js';
import { mustBeRegistered, newLeads, registered, registration, shown, type Lead } from '../kurrent/leads.js';
import { freshPlace, openToRead, variablesOf } from '../kurrent/place.js';
import { inTurn, quantile } from '../measure.js';
import { rate, type Exchange, type Exchanged } from '../served/job.js';
import { runJob } from '../served/run-job.js';
import { startServer } from '../served/server.js';
import { fresh } from '../setting.js';
import { WINDOW } from '../deal/plot.js';

const ONE_AFTER_THE_OTHER = 200;
const EACH = 40;

export async function registrations({ setting, book, url, bare, wanted }: Bench): Promise<void> {
  const dataDir = fresh(setting, 'kurrent-served');
  const [served, alone] = [freshPlace(url), freshPlace(url)];
  const server = await startServer(dataDir, { environment: variablesOf(served) });
  const [servedLog, bareLog] = [await openToRead(served), await openToRead(alone)];
  try {
    const job = (lanes: readonly (readonly Exchange[])[]) => runJob({ kind: 'lanes', port: server.port, path: '/graphql', lanes });
    const overHttp = async (lanes: readonly (readonly Lead[])[], back: boolean): Promise<Exchanged> => {
      const before = await servedLog.head();
      const result = await job(lanes.map((lane) => lane.map((lead) => registration(lead, back))));
      const head = await mustBeRegistered(servedLog, before, lanes.flat());
      // Wait until all are projected: the projector must not slow down the client's turn.
      await job([lanes.flat().map((lead) => shown(lead, head))]);
      return result;
    };
    const byHand = async (lanes: readonly (readonly Lead[])[]): Promise<Exchanged> => {
      const before = await bareLog.head();
      const appends = lanes.map((lane) => lane.map((lead) => registered(alone, lead)));
      const result = await bare.lanes(appends);
      await mustBeRegistered(bareLog, before, lanes.flat());
      return result;
    };

    if (wanted('kurrent_one')) {
      const count = Math.min(ONE_AFTER_THE_OTHER, setting.opportunities);
      const { daybook, limit } = await inTurn(setting.runs, {
        daybook: () => overHttp(newLeads(1, count), false),
        limit: () => byHand(newLeads(1, count)),
      });
      const at = (share: number) => (one: Exchanged) => quantile(one.latencies, share);
      book.note('kurrent_one_ratio', ratios(daybook, limit, at(0.5)));
      book.note('kurrent_one_p50_ms', daybook.map(at(0.5)), limit.map(at(0.5)));
      book.note('kurrent_one_p90_ms', daybook.map(at(0.9)), limit.map(at(0.9)));
    }
    if (wanted('kurrent_c64')) {
      const each = Math.max(1, Math.min(EACH, Math.floor(setting.opportunities / WINDOW)));
      const { daybook, back, limit } = await inTurn(setting.runs, {
        daybook: () => overHttp(newLeads(WINDOW, each), false),
        back: () => overHttp(newLeads(WINDOW, each), true),
        limit: () => byHand(newLeads(WINDOW, each)),
      });
      book.note('kurrent_c64_ratio', ratios(daybook, limit, rate));
      book.note('kurrent_c64_cmd_s', daybook.map(rate), limit.map(rate));
      book.note('kurrent_c64_back_ratio', ratios(back, limit, rate));
      book.note('kurrent_c64_back_cmd_s', back.map(rate), limit.map(rate));
    }
  } finally {
    await Promise.all([servedLog.close(), bareLog.close(), server.stop()]);
  }
  rmSync(dataDir, { recursive: true });
}

/** Compared turn by turn, because a slow machine slows both. */
function ratios(ours: readonly Exchanged[], limits: readonly Exchanged[], of: (one: Exchanged) => number): readonly number[] {
  return ours.map((one, turn) => of(one) / of(limits[turn] ?? one));
}
