/** `daybook import`: checks the mapping and its files, runs the commands and prints the report. */
import { join } from 'node:path';
import type { Config } from '../config.js';
import { configuredDomain } from '../domain.js';
import { readMapping } from '../import/mapping.js';
import { describeReport, exitCodeOf, type ImportReport } from '../import/report.js';
import { runImport } from '../import/run-import.js';
import type { Refusal } from '../policies/refusals.js';
import { openForLoading } from './loading.js';
import { progress, silent } from './progress.js';
import { stopSignal, type Terminal } from './terminal.js';

export interface ImportCommandOptions {
  readonly source: ReadonlyMap<string, string>;
  readonly from?: string;
  readonly asHistory?: boolean;
  readonly rejects?: string;
  readonly json?: boolean;
}

/** @returns the exit code: 0 everything is imported, 1 nothing was imported, 3 with rejects, 130 stopped */
export async function runImportCommand(
  config: Config,
  file: string,
  options: ImportCommandOptions,
  { out, err }: Terminal,
): Promise<number> {
  const { source, from, asHistory = false, json = false } = options;
  const places = { paths: source, ...(from === undefined ? {} : { folder: from }) };
  const mapping = readMapping(file, places, configuredDomain(config).offered);
  const rejectsFile =
    options.rejects ?? join(config.dataDir, 'rejects', `${mapping.name}-${new Date().toISOString().replace(/[:.]/g, '-')}.csv`);
  let refused: Refusal[] = [];
  const stop = stopSignal();
  const bar = json && err.isTTY !== true ? silent : progress(err, `Import ${mapping.name}`);
  let report: ImportReport;
  try {
    const runtime = await openForLoading(config, { onRefusal: (refusal) => refused.push(refusal), history: asHistory });
    try {
      report = await runImport(mapping, {
        log: runtime.log,
        commandHandler: runtime.commandHandler,
        refusals: () => {
          const taken = refused;
          refused = [];
          return taken;
        },
        asHistory,
        rejectsFile,
        onProgress: (done, total) => bar.update(done, total),
        signal: stop.signal,
      });
    } finally {
      bar.end();
      await runtime.close();
    }
  } finally {
    stop.release();
  }
  out.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : describeReport(report));
  if (report.stopped && !json) out.write('What was written is kept. Run the same command again to continue.\n');
  return exitCodeOf(report);
}
