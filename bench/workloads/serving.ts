/** A real server over HTTP: start, queries, mutations, and the delay until their results are visible. */
import { DatabaseSync } from '@photostructure/sqlite';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Book } from '../book.js';
import { CURRENCY, STAGES, WINDOW, windowsOf, type DealPlot } from '../deal/plot.js';
import { inTurn, quantile } from '../measure.js';
import { startPlainServer } from '../plain/graphql.js';
import { rate, type Exchange, type JobResult } from '../served/job.js';
import { LIFE_STEPS, opportunityPlot, setUp, stepOfMany } from '../served/opportunities.js';
import { lifeOf, listOf, mutationOf, oneOf, plain, probeOf, totalsOf } from '../served/requests.js';
import { rebuildAll, rebuilding, rebuilt } from '../served/rebuilds.js';
import { runJob } from '../served/run-job.js';
import { startServer, type Server } from '../served/server.js';
import { fresh, type Setting } from '../setting.js';
import { loadConfig } from '../../src/config.js';
import { openRuntime } from '../../src/runtime.js';

const PATH = '/graphql';
const CONNECTIONS = 32;
const FIRST = 50;
const COMMANDS_PER_SECOND = 500;

export async function serving(setting: Setting, book: Book, wanted: (...keys: readonly string[]) => boolean): Promise<void> {
  const dataDir = fresh(setting, 'served');
  const plots = plotsOf('Opportunity', setting.opportunities);
  const events = await fill(dataDir, plots);
  // The first start builds the read models.
  await (await startServer(dataDir, { patienceMs: 300_000 })).stop();
  const log = join(dataDir, 'events.db');
  book.note('disk_log_bytes_per_event', [statSync(log).size / events]);
  book.note('disk_log_index_bytes_per_event', [(statSync(log).size - bytesOf(log, 'events')) / events]);
  book.note('disk_bytes_per_event', [bytesIn(dataDir) / events]);

  if (wanted('start_ms')) {
    const starts = await inTurn(setting.runs, { daybook: () => startAndStop(dataDir) }, { warmUp: false });
    book.note('start_ms', starts.daybook);
  }
  const server = await startServer(dataDir);
  try {
    await lanes(server.port, [[totalsOf(plots, CURRENCY)]]);
    if (wanted('g1', 'g2')) await queries(setting, book, server, plots);
    if (wanted('w1_http')) await mutations(setting, book, server);
    if (wanted('lag_p')) await lag(setting, book, server);
    if (wanted('lag_rebuild')) await lagWhileRebuilding(setting, book, server);
    const readings = await inTurn(setting.runs, { rss: () => server.rssMb() }, { warmUp: false });
    book.note('rss_mb', readings.rss);
  } finally {
    await server.stop();
  }
  rmSync(dataDir, { recursive: true });
}

/** Runs the commands of all opportunities. @returns the number of events */
async function fill(dataDir: string, plots: readonly DealPlot[]): Promise<number> {
  const runtime = await openRuntime(loadConfig({}, { dataDir }), {
    onRefusal: ({ message }) => {
      throw new Error(message);
    },
    durableAtClose: true,
  });
  const request = { actor: 'bench' };
  for (const command of setUp()) await runtime.commandHandler.execute(command, request);
  for (const window of windowsOf(plots)) {
    for (let step = 0; step < LIFE_STEPS; step++) {
      await Promise.all(
        window.map((plot) => {
          const { command, input } = stepOfMany(plots.length, plot, step);
          return runtime.commandHandler.execute(command.from(input), request);
        }),
      );
    }
  }
  const events = await runtime.log.head();
  await runtime.close();
  return events;
}

async function startAndStop(dataDir: string): Promise<number> {
  const server = await startServer(dataDir);
  await server.stop();
  return server.startMs;
}

async function queries(setting: Setting, book: Book, server: Server, plots: readonly DealPlot[]): Promise<void> {
  const plainServer = await startPlainServer(fresh(setting, 'plain-rows.db'), plots);
  const spread = (each: number, exchanges: readonly Exchange[]): readonly (readonly Exchange[])[] =>
    Array.from({ length: CONNECTIONS }, (_, lane) =>
      Array.from({ length: each }, (_, turn) => exchanges[(lane * 31 + turn * 7) % exchanges.length]).filter((one) => one !== undefined),
    );
  const some = plots.filter((_, index) => index % Math.ceil(plots.length / 2_000) === 0);
  const asked = {
    g1_list: {
      daybook: spread(
        60,
        STAGES.map((stage) => listOf(plots, stage, FIRST)),
      ),
      plain: spread(
        60,
        STAGES.map((stage) => plain.list(plots, stage, FIRST)),
      ),
    },
    g2_one: {
      daybook: spread(
        200,
        some.map((plot) => oneOf(plot)),
      ),
      plain: spread(200, some.map(plain.one)),
    },
  };
  try {
    for (const [name, { daybook, plain: limit }] of Object.entries(asked)) {
      const results = await inTurn(setting.runs, {
        daybook: () => lanes(server.port, daybook),
        plain: () => lanes(plainServer.port, limit, '/'),
      });
      book.note(`${name}_rps`, results.daybook.map(rate), results.plain.map(rate));
      book.note(`${name}_p99_ms`, results.daybook.map(p99), results.plain.map(p99));
    }
  } finally {
    await plainServer.stop();
  }
}

/** New opportunities, from opening to closing, over one connection and over many; then all of them are checked. */
async function mutations(setting: Setting, book: Book, server: Server): Promise<void> {
  let run = 0;
  const play = async (connections: number, each: number): Promise<number> => {
    run += 1;
    const plots = plotsOf(`Http ${run}`, connections * each);
    const result = await lanes(
      server.port,
      Array.from({ length: connections }, (_, lane) => plots.slice(lane * each, (lane + 1) * each).flatMap(lifeOf)),
    );
    const head = await server.head();
    await lanes(server.port, [plots.map((plot) => oneOf(plot, head))]);
    return rate(result);
  };
  const { seq, c64 } = await inTurn(setting.runs, { seq: () => play(1, 60), c64: () => play(WINDOW, 3) });
  book.note('w1_http_seq_cmd_s', seq);
  book.note('w1_http_c64_cmd_s', c64);
}

async function lag(setting: Setting, book: Book, server: Server): Promise<void> {
  const { results } = await inTurn(setting.runs, { results: () => pacedCommands(server) });
  noteLag(book, 'lag', results);
}

/** The same commands while all read models are rebuilt. */
async function lagWhileRebuilding(setting: Setting, book: Book, server: Server): Promise<void> {
  let overBefore = false;
  const { results } = await inTurn(setting.runs, {
    results: async () => {
      await rebuildAll(server.port);
      const result = await pacedCommands(server);
      overBefore ||= !(await rebuilding(server.port));
      await rebuilt(server.port);
      return result;
    },
  });
  if (overBefore) console.log('lag_rebuild_p50_ms and lag_rebuild_p99_ms are left out: a rebuild of so few events is over too soon.');
  else noteLag(book, 'lag_rebuild', results);
}

let pacedRuns = 0;

function pacedCommands(server: Server): Promise<JobResult> {
  pacedRuns += 1;
  const commands = plotsOf(`Lag ${pacedRuns}`, 4 * COMMANDS_PER_SECOND).map((plot) => ({
    ...mutationOf(plot, 0, true),
    probe: probeOf(plot),
  }));
  return runJob({ kind: 'paced', port: server.port, path: PATH, perSecond: COMMANDS_PER_SECOND, every: 5, commands });
}

function noteLag(book: Book, prefix: string, results: readonly JobResult[]): void {
  book.note(
    `${prefix}_p50_ms`,
    results.map(({ latencies }) => quantile(latencies, 0.5)),
  );
  book.note(`${prefix}_p99_ms`, results.map(p99));
}

const lanes = (port: number, exchanges: readonly (readonly Exchange[])[], path = PATH): Promise<JobResult> =>
  runJob({ kind: 'lanes', port, path, lanes: exchanges });

const p99 = ({ latencies }: JobResult): number => quantile(latencies, 0.99);

function plotsOf(set: string, count: number): readonly DealPlot[] {
  return Array.from({ length: count }, (_, index) => opportunityPlot(index, set));
}

/** The pages of a table, without its indexes, in bytes. */
function bytesOf(file: string, table: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const row = database.prepare('SELECT sum(pgsize) AS bytes FROM dbstat WHERE name = ?').get(table) as { readonly bytes: number };
    return row.bytes;
  } finally {
    database.close();
  }
}

function bytesIn(folder: string): number {
  return readdirSync(folder)
    .filter((name) => name.includes('.db'))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
