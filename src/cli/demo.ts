/** `daybook demo`: fills an empty data folder with a fictional company, then serves it. */
import { InvalidConfig, type Config } from '../config.js';
import { fillDemo, type DemoReport } from '../demo/fill.js';
import { configuredDomain } from '../domain.js';
import { DAY_MS } from '../kernel/calendar.js';
import type { Refusal } from '../policies/refusals.js';
import { OpenOpportunity } from '../sales/opportunity.js';
import { openForLoading } from './loading.js';
import { progress } from './progress.js';
import { runServe } from './serve.js';
import { stopSignal, type Terminal } from './terminal.js';

export interface DemoCommandOptions {
  readonly seed: number;
  /** The last day of the data. */
  readonly until?: string;
  readonly serve: boolean;
}

/** @returns the exit code: 0 done, 130 stopped @throws InvalidConfig when `modules` leaves out what the company does */
export async function runDemo(config: Config, { seed, until, serve }: DemoCommandOptions, terminal: Terminal): Promise<number> {
  if (!configuredDomain(config).commands.includes(OpenOpportunity)) {
    throw new InvalidConfig('The demo company sells, but the setting modules leaves out sales. Add it, or use all. Nothing was written.');
  }
  const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const end = until === undefined ? midnight : Math.min(Date.parse(`${until}T00:00:00Z`) + DAY_MS, midnight);
  const stop = stopSignal();
  const began = Date.now();
  const bar = progress(terminal.err, 'Demo');
  let report: DemoReport;
  try {
    const onRefusal = ({ policy, code, message }: Refusal): never => {
      throw new Error(`A command of the demo was refused (${policy}, ${code}): ${message}`);
    };
    const runtime = await openForLoading(config, { onRefusal, history: true });
    try {
      const { log, commandHandler } = runtime;
      const onProgress = (done: number, total: number): void => bar.update(done, total);
      report = await fillDemo({ log, commandHandler, seed, until: end, onProgress, signal: stop.signal });
    } finally {
      bar.end();
      await runtime.close();
    }
  } finally {
    stop.release();
  }
  terminal.out.write(describe(report, config.dataDir, (Date.now() - began) / 1000));
  if (report.outcome === 'stopped') return 130;
  if (serve) await runServe(config, terminal);
  return 0;
}

function describe({ outcome, commands, from, until }: DemoReport, dataDir: string, seconds: number): string {
  if (outcome === 'stopped') return 'Stopped. What was written is kept. Run the same command again to continue.\n';
  if (outcome === 'kept') return `${dataDir} already holds data and was not changed.\n`;
  const count = (...names: readonly string[]): string =>
    names.reduce((sum, name) => sum + (commands.get(name) ?? 0), 0).toLocaleString('en-US');
  return (
    `Lumen & Oak, a fictional company that furnishes offices, from ${day(from)} to ${day(until - DAY_MS)}, in ${dataDir}:\n` +
    `  leads          ${count('RegisterLead')} registered, ${count('QualifyLead')} times qualified, ` +
    `${count('DisqualifyLead')} times disqualified, ${count('ConvertLead')} converted\n` +
    `  opportunities  ${count('AdvanceOpportunity')} times moved, ${count('WinOpportunity')} times won, ` +
    `${count('LoseOpportunity')} times lost, ${count('ReopenOpportunity')} times reopened\n` +
    `  commands       ${count(...commands.keys())} in ${seconds.toFixed(1)} s\n`
  );
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
