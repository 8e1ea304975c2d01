/** The size of a run and its files. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { STEPS } from './deal/plot.js';

export interface Setting {
  /** The number of deals in the log, with 11 events each. */
  readonly deals: number;
  /** The number of opportunities of the server, with 10 events each. */
  readonly opportunities: number;
  /** The number of runs per measurement. */
  readonly runs: number;
  /** A temporary folder of this run. */
  readonly folder: string;
}

/** @param events the approximate number of events of the log and the server */
export function settingOf(events: number, folder: string): Setting {
  return { deals: Math.round(events / STEPS), opportunities: Math.round(events / 10), runs: 3, folder };
}

let files = 0;

/** A name for a new file or folder of the run. */
export function fresh({ folder }: Setting, name: string): string {
  files += 1;
  return join(folder, `${files}-${name}`);
}

/** Deletes an SQLite file with its WAL files. */
export function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}
