/**
 * Loaded into a process by --import: notes how much memory is resident and writes the most, in bytes, to BENCH_PEAK_FILE when it ends.
 * The system's own count won't do: a process begins with that of the one that started it.
 */
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const EVERY_MS = 20;

const file = process.env['BENCH_PEAK_FILE'];
if (isMainThread && file !== undefined) {
  let peak = 0;
  const note = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  setInterval(note, EVERY_MS).unref();
  process.on('exit', () => {
    note();
    writeFileSync(file, String(peak));
  });
}
