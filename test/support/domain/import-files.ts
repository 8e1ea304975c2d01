/** Files of an import in a temporary folder, and what becomes of them in a log beside them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../../src/config.js';
import { allEvents } from '../log/log-events.js';
import { readMapping } from '../../../src/import/mapping.js';
import type { ImportReport } from '../../../src/import/report.js';
import { runImport, type ImportOptions } from '../../../src/import/run-import.js';
import type { RecordedEvent } from '../../../src/kernel/event.js';
import type { Refusal } from '../../../src/policies/refusals.js';
import { openRuntime } from '../../../src/runtime.js';

/** Writes files into a folder and answers the path of the first. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Buffer>>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return join(folder, Object.keys(files)[0] ?? '');
}

export interface Imported {
  readonly report: ImportReport;
  /** All events of the log, in order. */
  readonly events: readonly RecordedEvent[];
  /** The lines of the rejects file; none when there is no file. */
  readonly rejects: readonly string[];
}

/** Imports a mapping into the log of `<folder>/data`, as the command line does. */
export async function importInto(
  folder: string,
  mapping: string,
  options: Partial<Pick<ImportOptions, 'asHistory' | 'signal' | 'onProgress' | 'clock'>> & { readonly from?: string } = {},
): Promise<Imported> {
  const { from, ...rest } = options;
  const read = readMapping(mapping, from === undefined ? {} : { folder: from });
  const refused: Refusal[] = [];
  const runtime = await openRuntime(loadConfig({}, { dataDir: join(folder, 'data'), readerThreads: 0 }), {
    onRefusal: (refusal) => refused.push(refusal),
    durableAtClose: true,
    history: rest.asHistory === true,
  });
  try {
    const report = await runImport(read, {
      log: runtime.log,
      commandHandler: runtime.commandHandler,
      refusals: () => refused.splice(0),
      asHistory: false,
      rejectsFile: join(folder, 'rejects.csv'),
      ...rest,
    });
    return {
      report,
      events: await allEvents(runtime.log),
      rejects: report.rejectsFile === undefined ? [] : readFileSync(report.rejectsFile, 'utf8').trimEnd().split('\n'),
    };
  } finally {
    await runtime.close();
  }
}
