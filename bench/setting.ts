/** What a run is about: how much of everything, where its files go. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { STEPS } from './deal/plot.js';

export interface Setting {
  /** How many deals the log holds, each of 11 events. */
  readonly deals: number;
  /** How many opportunities the server holds, each of 10 events. */
  readonly opportunities: number;
  /** How often each measurement is taken. */
  readonly runs: number;
  /** A temporary folder of this run. */
  readonly folder: string;
}

/** @param events about how many events the log and the server hold */
export function settingOf(events: number, folder: string): Setting {
  return { deals: Math.round(events / STEPS), opportunities: Math.round(events / 10), runs: 3, folder };
}

let files = 0;

/** A name for a new file or folder of the run. */
export function fresh({ folder }: Setting, name: string): string {
  files += 1;
  return join(folder, `${files}-${name}`);
}

/** Deletes an SQLite file and what stands beside it. */
export function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}
