/** `daybook migrate`: copies a log to another one, in a data folder or on a server, and compares both. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { EMBEDDED, shownSetting, type Config } from '../config.js';
import { openLog } from '../engines.js';
import type { EventLog } from '../log/port.js';
import { migrate, type Migration, type Step } from '../migrate/migrate.js';
import { MigrationRefused } from '../migrate/refused.js';
import { holdLock } from '../sqlite/lock.js';
import type { CommandLine } from './command-line.js';
import { progress, silent, type Progress } from './progress.js';
import { count } from './table.js';
import { stopSignal, type Terminal } from './terminal.js';

interface MigrateCommandOptions {
  readonly from?: string;
  readonly to?: string;
}

/** The settings that name a log. */
type Place = Pick<Config, 'dataDir' | 'logUrl' | 'logPrefix'>;

export function addMigrate({ program, terminal, config, exit }: CommandLine): void {
  program
    .command('migrate')
    .description('copy a log to another one, on any engine, and compare both; can be interrupted and repeated')
    .option('--from <log>', 'a data folder, its events.db, or a connection string (default: the log of the settings)')
    .option('--to <log>', 'the same; an empty log, or one that an earlier run has begun to fill')
    .action(async ({ from, to }: MigrateCommandOptions, command: Command) => {
      if (from === undefined && to === undefined) command.error('error: name a log with --from, --to or both.');
      const settings = config({});
      const place = (text: string | undefined): Place => (text === undefined ? settings : placeOf(text, settings, command));
      exit(await runMigrate(place(from), place(to), terminal));
    });
}

const TITLES: Readonly<Record<Step, string>> = { look: 'Compare', copy: 'Copy', verify: 'Verify' };

/** @returns the exit code: 0 the logs are identical, 4 they differ, 130 stopped. @throws MigrationRefused, LogUnavailable, LockHeld */
async function runMigrate(from: Place, to: Place, terminal: Terminal): Promise<number> {
  if (identity(from) === identity(to)) throw new MigrationRefused('The source and the target are the same log. Name another target.');
  const stop = stopSignal();
  const bars = new Bars(terminal);
  const began = performance.now();
  try {
    const migration = await withBoth(from, to, (source, target) =>
      migrate(source, target, { signal: stop.signal, onProgress: bars.update }),
    );
    bars.end();
    if (!migration) {
      terminal.out.write('Stopped. What was copied is kept. Run the same command again to continue.\n');
      return 130;
    }
    terminal.out.write(describe(migration, (performance.now() - began) / 1000, shown(from), shown(to)));
    return migration.difference === undefined ? 0 : 4;
  } finally {
    bars.end();
    stop.release();
  }
}

/** Opens both logs. Meanwhile no server can start on the target's data folder. The target is synchronised to disk at the end: a repeated run restores what was lost. */
async function withBoth<T>(from: Place, to: Place, work: (source: EventLog, target: EventLog) => Promise<T>): Promise<T> {
  const source = await openLog(from, { readOnly: true });
  try {
    const lock = isEmbedded(to) ? holdLock(join(to.dataDir, 'server.lock'), { shared: false }) : undefined;
    try {
      const target = await openLog(to, { copying: true, durableAtClose: true });
      try {
        if (isEmbedded(to)) await refuseForeignViews(to.dataDir, target);
        return await work(source, target);
      } finally {
        await target.close();
      }
    } finally {
      lock?.release();
    }
  } finally {
    await source.close();
  }
}

/** Read models of another log would take their positions for positions of this log. @throws MigrationRefused */
async function refuseForeignViews(dataDir: string, target: EventLog): Promise<void> {
  const left = ['views.db', 'policies.db'].filter((file) => existsSync(join(dataDir, file)));
  if (left.length > 0 && (await target.head()) === 0) {
    throw new MigrationRefused(
      `The data folder ${dataDir} has no events, but contains ${left.join(' and ')} of another log. Delete ${left.length === 1 ? 'it' : 'them'}, or choose another folder.`,
    );
  }
}

/** One progress bar per step. */
class Bars {
  readonly #terminal: Terminal;
  #step: Step | undefined;
  #bar: Progress = silent;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  readonly update = (step: Step, done: number, total: number, from: number): void => {
    if (step !== this.#step) {
      this.end();
      this.#step = step;
      this.#bar = progress(this.#terminal.err, TITLES[step], { from });
    }
    this.#bar.update(done, total);
  };

  /** Ends the current bar. Calling it again does nothing. */
  end(): void {
    this.#bar.end();
    this.#bar = silent;
  }
}

function describe(migration: Migration, seconds: number, from: string, to: string): string {
  const { held, copied, source, target, difference, behind } = migration;
  const before = held === 0 ? '' : `, ${count(held)} had been copied before`;
  const lines = [
    `Copied ${count(copied)} events in ${seconds.toFixed(1)} s${before}.`,
    `  source  ${count(source.events)} events  ${source.hash}  ${from}`,
    `  target  ${count(target.events)} events  ${target.hash}  ${to}`,
    difference === undefined
      ? 'The logs are identical.'
      : `The logs differ: ${difference}. Use an empty target that nothing else writes to.`,
  ];
  if (behind) lines.push('The source has new events. Stop all writers, and run the same command again to copy them.');
  if (difference === undefined) {
    lines.push(
      'Read models and process managers start from the first event on the target: use a data folder and a database without those of another log.',
      'The keys of personal data are not in a log: the target needs the key store and the master key of the source (docs/personal-data.md).',
    );
  }
  return `${lines.join('\n')}\n`;
}

/** @throws CommanderError when the text is neither a folder nor a connection string. The message doesn't repeat it, since it may contain a password. */
function placeOf(text: string, settings: Config, command: Command): Place {
  if (/^(esdb|kurrentdb|kurrent|kdb)(\+discover)?:\/\//.test(text)) return { ...settings, logUrl: text };
  const path = resolve(text);
  const file = statSync(path, { throwIfNoEntry: false });
  if (!file && /^[\w+.-]{2,}:|@/.test(text)) {
    command.error('error: a log is given as a data folder, its events.db, or a connection string such as kurrentdb://host:2113.');
  }
  if (basename(path) === 'events.db') return { ...settings, dataDir: dirname(path), logUrl: EMBEDDED };
  if (file && !file.isDirectory()) command.error(`error: ${path} is a file; a log is given as a data folder or its events.db.`);
  return { ...settings, dataDir: path, logUrl: EMBEDDED };
}

function isEmbedded({ logUrl }: Place): boolean {
  return logUrl === EMBEDDED;
}

/** The location of a log, without secrets. */
function shown(place: Place): string {
  return isEmbedded(place) ? place.dataDir : shownSetting(place.logUrl);
}

/** Equal for two names of the same log. */
function identity(place: Place): string {
  if (!isEmbedded(place)) return `${shown(place)} ${place.logPrefix}`;
  return existsSync(place.dataDir) ? realpathSync(place.dataDir) : place.dataDir;
}
