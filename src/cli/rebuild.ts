/** `daybook projections rebuild`: builds read models next to the live ones, and waits until they are live. */
import type { Config } from '../config.js';
import { mayCutOver } from '../projector/cut-over-rules.js';
import { buildName } from '../views/port/build-identity.js';
import type { BuildId, BuildRecord } from '../views/port/builds.js';
import { jsonOfBuild } from './build-rows.js';
import { projectorOf, readModels, rowsOf, type OutputOptions } from './builds.js';
import { duration, progress, silent } from './progress.js';
import { whileProjecting, withSession, type Session } from './session.js';
import { count, counted, plain } from './table.js';
import type { Terminal } from './terminal.js';

export interface RebuildOptions extends OutputOptions {
  /** Waits until the builds are live, and projects them if no server does. */
  readonly wait: boolean;
}

/** The result of a build. `ready`: it needs a manual cut-over. */
type Outcome = 'live' | 'ready' | 'stopped' | 'dropped';

/** How long to wait for the automatic cut-over of a build that is ready, in milliseconds. The server that projects it may have `cutOver: manual`. */
const CUT_OVER_TIMEOUT_MS = 5_000;

/**
 * @param names if empty, all read models
 * @returns the exit code: 0 done, 1 a build stopped or was dropped, 5 done, but with dead letters, 130 stopped
 * @throws NotFound, LockHeld, LogUnavailable, ViewsUnavailable
 */
export async function runRebuild(config: Config, names: readonly string[], options: RebuildOptions, terminal: Terminal): Promise<number> {
  return withSession(config, terminal, { projects: options.wait }, async (session) => {
    const wanted = readModels(session, names);
    const builds: BuildId[] = [];
    for (const name of wanted) builds.push(await session.administration.rebuild(name));
    const worker = await projectorOf(session, wanted[0] ?? '');
    if (!options.wait) {
      const names = builds.map(buildName).join(', ');
      await print(session, builds, options, `${names}: ${worker === undefined ? continuation : `left to ${worker}`}.`);
      return 0;
    }
    if (!options.json) terminal.err.write(`${await announcement(session, builds, worker)}\n`);
    const outcomes = await whileProjecting(session, wanted, progressOf(session, builds, options));
    if (!outcomes) {
      await print(session, builds, options, worker === undefined ? `Stopped: ${continuation}.` : `Stopped waiting: ${worker} continues.`);
      return 130;
    }
    const all = await session.administration.builds();
    const records = recordsAmong(all, builds);
    await print(session, builds, options, builds.map((build, index) => describe(build, outcomes[index], records[index], all)).join('\n'));
    if (outcomes.some((outcome) => outcome === 'stopped' || outcome === 'dropped')) return 1;
    return records.some((record) => (record?.deadLetters ?? 0) > 0) ? 5 : 0;
  });
}

const continuation = 'the next server or the same command continues';

async function announcement(session: Session, builds: readonly BuildId[], worker: string | undefined): Promise<string> {
  const records = await recordsOf(session, builds);
  const names = builds.map((build, index) => {
    const position = records[index]?.position ?? 0;
    return position > 0 ? `${buildName(build)}, continuing from position ${count(position)}` : buildName(build);
  });
  return `${names.join('; ')}: ${worker === undefined ? 'built by this process, since no server runs a projector' : `built by ${worker}`}.`;
}

/** Checks whether all builds are done, and shows the progress of the slowest. */
function progressOf(
  session: Session,
  builds: readonly BuildId[],
  { json = false }: OutputOptions,
): () => Promise<readonly Outcome[] | undefined> {
  const { err } = session.terminal;
  const [only] = builds;
  const label = builds.length === 1 && only ? `Build ${buildName(only)}` : `Build ${counted(builds.length, 'read model')}`;
  let bar = silent;
  let begun = false;
  const readySince = new Map<string, number>();
  return async () => {
    const head = await session.log.head();
    const all = await session.administration.builds();
    const records = recordsAmong(all, builds);
    const outcomes = records.map((record) => outcomeOf(record, all, session.config, readySince));
    const at = Math.min(...records.map((record, index) => (outcomes[index] === undefined ? (record?.position ?? head) : head)));
    if (!begun && !(json && err.isTTY !== true)) bar = progress(err, label, { from: at });
    begun = true;
    bar.update(Math.min(at, head), head);
    const done = outcomes.flatMap((outcome) => outcome ?? []);
    const over = done.length === outcomes.length;
    if (over || session.signal.aborted) bar.end();
    return over ? done : undefined;
  };
}

function outcomeOf(
  record: BuildRecord | undefined,
  all: readonly BuildRecord[],
  { cutOver }: Config,
  readySince: Map<string, number>,
): Outcome | undefined {
  if (!record) return 'dropped';
  if (record.error !== null) return 'stopped';
  if (record.finishedAt === null || record.state === 'building') return undefined;
  if (record.state !== 'ready') return 'live';
  const since = readySince.get(buildName(record)) ?? Date.now();
  readySince.set(buildName(record), since);
  return cutOver === 'manual' || !mayCutOver(record, all) || Date.now() - since > CUT_OVER_TIMEOUT_MS ? 'ready' : undefined;
}

async function recordsOf({ administration }: Session, builds: readonly BuildId[]): Promise<readonly (BuildRecord | undefined)[]> {
  return recordsAmong(await administration.builds(), builds);
}

function recordsAmong(all: readonly BuildRecord[], builds: readonly BuildId[]): readonly (BuildRecord | undefined)[] {
  return builds.map((build) => all.find((record) => buildName(record) === buildName(build)));
}

/** Describes the result of a build. */
function describe(build: BuildId, outcome: Outcome | undefined, record: BuildRecord | undefined, all: readonly BuildRecord[]): string {
  const name = buildName(build);
  if (!record || outcome === 'dropped') return `${name} was dropped before it was finished.`;
  if (outcome === 'stopped') return `${name} has stopped: ${plain(record.error ?? '')}`;
  const seconds = (Date.parse(record.finishedAt ?? record.startedAt) - Date.parse(record.startedAt)) / 1_000;
  const took = `${counted(record.events, 'event')} in ${duration(seconds)}`;
  const place = outcome === 'ready' ? `is ready: \`daybook projections cutover ${build.name}\` makes it the live one` : 'is live';
  const deadLetters =
    record.deadLetters === 0 ? '' : ` ${counted(record.deadLetters, 'dead letter')}: see \`daybook dead-letters list ${build.name}\`.`;
  const live = all.find(({ name: readModel, state }) => readModel === build.name && state === 'live');
  const needsCutOver = outcome === 'ready' && live !== undefined && live.deadLetters < record.deadLetters;
  return `${name} ${place}; ${took}.${deadLetters}${needsCutOver ? ' It is not cut over automatically, because the live build has fewer.' : ''}`;
}

async function print(session: Session, builds: readonly BuildId[], { json = false }: OutputOptions, text: string): Promise<void> {
  const { out } = session.terminal;
  if (!json) {
    out.write(`${text}\n`);
    return;
  }
  const records = (await recordsOf(session, builds)).flatMap((record) => record ?? []);
  out.write(`${JSON.stringify({ builds: (await rowsOf(session, records)).map(jsonOfBuild) }, undefined, 2)}\n`);
}
