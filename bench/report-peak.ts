/**
 * Loaded into a process by --import: samples resident memory and writes the peak, in bytes, to BENCH_PEAK_FILE at exit.
 * The system's own peak can't be used: a process inherits its parent's.
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
