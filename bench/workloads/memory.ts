/** The memory for building both read models with history, in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import type { Book } from '../book.js';
import { mustHold, type BuildTask } from '../deal/builds.js';
import { inTurn } from '../measure.js';
import type { SeededLog } from '../seeded.js';
import { fresh, type Setting } from '../setting.js';

/** Each run is a process of its own. */
const cold = { warmUp: false };

export async function memory(setting: Setting, book: Book, seeded: SeededLog): Promise<void> {
  const { runs } = await inTurn(setting.runs, { runs: () => builtApart(setting, seeded) }, cold);
  book.note(
    'w3_rss_mb',
    runs.map(({ rssMb }) => rssMb),
  );
}

/** The same with a log ten times as long, compared with this one. */
export async function memoryOfLarge(setting: Setting, book: Book, seeded: SeededLog, large: SeededLog): Promise<void> {
  const runs = await inTurn(setting.runs, { large: () => builtApart(setting, large), small: () => builtApart(setting, seeded) }, cold);
  const [ours, limit] = [runs.large, runs.small];
  book.note(
    'large_rss_mb',
    ours.map(({ rssMb }) => rssMb),
    limit.map(({ rssMb }) => rssMb),
  );
  book.note(
    'large_rebuild_versions_ev_s',
    ours.map(({ seconds }) => large.events / seconds),
    limit.map(({ seconds }) => seeded.events / seconds),
  );
}

/** The peak of resident memory, and the duration of the build. */
async function builtApart(setting: Setting, seeded: SeededLog): Promise<{ readonly rssMb: number; readonly seconds: number }> {
  const [peak, dataDir] = [fresh(setting, 'peak'), fresh(setting, 'views-apart')];
  const task: BuildTask = { logDir: seeded.dataDir, dataDir, set: 'kept' };
  const child = spawn(
    process.execPath,
    [
      ...['--import', new URL('../report-peak.js', import.meta.url).href],
      ...[new URL('../deal/build-process.js', import.meta.url).pathname, JSON.stringify(task)],
    ],
    { env: { ...process.env, BENCH_PEAK_FILE: peak }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The process that builds read models ended with ${code}.`);
  await mustHold(dataDir, 'kept', seeded.plots);
  rmSync(dataDir, { recursive: true });
  return { rssMb: Number(readFileSync(peak, 'utf8')) / 1e6, seconds: Number(said) };
}
