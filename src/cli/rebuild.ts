/** `daybook projections rebuild`: builds read models beside the live ones, and waits until they have taken over. */
import type { Config } from '../config.js';
import { mayTakeOver } from '../projector/take-over.js';
import { buildName, type BuildId, type BuildRecord } from '../views/builds.js';
import { jsonOfBuild } from './build-rows.js';
import { readModels, rowsOf, whoProjects, type OutputOptions } from './builds.js';
import { duration, progress, silent } from './progress.js';
import { whileProjecting, withSession, type Session } from './session.js';
import { count, counted, plain } from './table.js';
import type { Terminal } from './terminal.js';

export interface RebuildOptions extends OutputOptions {
  /** Waits until the builds have taken over, and projects them if nobody else does. */
  readonly wait: boolean;
}

/** What became of a build. `ready`: it waits to be cut over by hand. */
type Outcome = 'live' | 'ready' | 'stopped' | 'dropped';

/** How long a build that is ready is given to take over, in milliseconds: whoever projects it may be told to leave that to people. */
const TAKE_OVER_MS = 5_000;

/**
 * @param names all read models when empty
 * @returns the exit code: 0 done, 1 when a build stopped or was dropped, 5 when it is done but documents wait, 130 stopped
 * @throws NotThere, LockHeld, LogUnavailable, ViewsUnavailable
 */
export async function runRebuild(config: Config, names: readonly string[], options: RebuildOptions, terminal: Terminal): Promise<number> {
  return withSession(config, terminal, { projects: options.wait }, async (session) => {
    const wanted = await readModels(session, names);
    const builds: BuildId[] = [];
    for (const name of wanted) builds.push(await session.operations.rebuild(name));
    const worker = await whoProjects(session, wanted[0] ?? '');
    if (!options.wait) {
      const names = builds.map(buildName).join(', ');
      await tell(session, builds, options, `${names}: ${worker === undefined ? laterOn : `left to ${worker}`}.`);
      return 0;
    }
    if (!options.json) terminal.err.write(`${await intention(session, builds, worker)}\n`);
    const outcomes = await whileProjecting(session, wanted, watching(session, builds, options));
    if (!outcomes) {
      await tell(session, builds, options, worker === undefined ? `Stopped: ${laterOn}.` : `Stopped waiting: ${worker} goes on.`);
      return 130;
    }
    const all = await session.operations.builds();
    const records = recordsAmong(all, builds);
    await tell(session, builds, options, builds.map((build, index) => account(build, outcomes[index], records[index], all)).join('\n'));
    if (outcomes.some((outcome) => outcome === 'stopped' || outcome === 'dropped')) return 1;
    return records.some((record) => (record?.parked ?? 0) > 0) ? 5 : 0;
  });
}

const laterOn = 'the next server goes on from there, or the same command';

async function intention(session: Session, builds: readonly BuildId[], worker: string | undefined): Promise<string> {
  const records = await recordsOf(session, builds);
  const names = builds.map((build, index) => {
    const position = records[index]?.position ?? 0;
    return position > 0 ? `${buildName(build)}, on from position ${count(position)}` : buildName(build);
  });
  return `${names.join('; ')}: ${worker === undefined ? 'built by this process, since no server projects' : `built by ${worker}`}.`;
}

/** Looks at the register until all builds are done, and shows how far the last of them is. */
function watching(
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
    const all = await session.operations.builds();
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
  return cutOver === 'manual' || !mayTakeOver(record, all) || Date.now() - since > TAKE_OVER_MS ? 'ready' : undefined;
}

async function recordsOf({ operations }: Session, builds: readonly BuildId[]): Promise<readonly (BuildRecord | undefined)[]> {
  return recordsAmong(await operations.builds(), builds);
}

function recordsAmong(all: readonly BuildRecord[], builds: readonly BuildId[]): readonly (BuildRecord | undefined)[] {
  return builds.map((build) => all.find((record) => buildName(record) === buildName(build)));
}

/** What became of a build, for people. */
function account(build: BuildId, outcome: Outcome | undefined, record: BuildRecord | undefined, all: readonly BuildRecord[]): string {
  const name = buildName(build);
  if (!record || outcome === 'dropped') return `${name} was dropped before it was done.`;
  if (outcome === 'stopped') return `${name} does not go on: ${plain(record.error ?? '')}`;
  const seconds = (Date.parse(record.finishedAt ?? record.startedAt) - Date.parse(record.startedAt)) / 1_000;
  const took = `${counted(record.events, 'event')} in ${duration(seconds)}`;
  const place = outcome === 'ready' ? `is ready: \`daybook projections cutover ${build.name}\` makes it the live one` : 'is live';
  const waits =
    record.parked === 0
      ? ''
      : ` ${counted(record.parked, 'document waits', 'documents wait')}: see \`daybook dead-letters list ${build.name}\`.`;
  const live = all.find(({ name: readModel, state }) => readModel === build.name && state === 'live');
  const held = outcome === 'ready' && live !== undefined && live.parked < record.parked;
  return `${name} ${place}; ${took}.${waits}${held ? ' It does not take over by itself while fewer wait in the live one.' : ''}`;
}

async function tell(session: Session, builds: readonly BuildId[], { json = false }: OutputOptions, text: string): Promise<void> {
  const { out } = session.terminal;
  if (!json) {
    out.write(`${text}\n`);
    return;
  }
  const records = (await recordsOf(session, builds)).flatMap((record) => record ?? []);
  out.write(`${JSON.stringify({ builds: (await rowsOf(session, records)).map(jsonOfBuild) }, undefined, 2)}\n`);
}
