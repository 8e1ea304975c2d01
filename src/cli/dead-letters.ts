/** `daybook dead-letters`: documents that wait because an event of theirs can't be taken, and what operators decide about them. */
import type { Config } from '../config.js';
import { streamName, type Position } from '../kernel/event.js';
import type { EventLog } from '../log/port.js';
import type { Outcome } from '../pipeline/command-pipeline.js';
import type { DeadLetter } from '../projector/operations.js';
import { buildName, type BuildRecord } from '../views/builds.js';
import { NotYetThere } from '../views/errors.js';
import type { WaitingEvent } from '../views/port.js';
import { whoProjects, type OutputOptions } from './builds.js';
import { whileProjecting, withSession, type Session } from './session.js';
import { count, counted, details, plain, table, type Column } from './table.js';
import { widthOf, type Terminal } from './terminal.js';

export interface LetterOptions extends OutputOptions {
  /** Shows what was written too, which may be personal. */
  readonly data?: boolean;
}

export interface DecisionOptions extends OutputOptions {
  /** Who decides; the setting `defaultActor` when absent. */
  readonly actor?: string;
}

export interface SkipOptions extends DecisionOptions {
  /** The id of the event that is left out: the first one that waits. */
  readonly event: string;
  readonly reason: string;
}

/** How long a build may stand still before a decision is left to whoever projects it, in milliseconds. */
const PATIENCE_MS = 30_000;

/** @returns the exit code: 0. @throws NotThere, ViewsUnavailable */
export async function runList(
  config: Config,
  name: string | undefined,
  { json = false }: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  return withSession(config, terminal, {}, async ({ operations }) => {
    const letters = await operations.deadLetters(name);
    if (json) terminal.out.write(`${JSON.stringify({ deadLetters: letters.map(jsonOf) }, undefined, 2)}\n`);
    else terminal.out.write(letters.length === 0 ? 'No document waits.\n' : listed(letters, terminal));
    return 0;
  });
}

/** @returns the exit code: 0. @throws NotThere, LogUnavailable, ViewsUnavailable */
export async function runLetter(config: Config, name: string, key: string, options: LetterOptions, terminal: Terminal): Promise<number> {
  return withSession(config, terminal, {}, async ({ operations, log }) => {
    const { build, waiting } = await operations.deadLetter(name, key);
    const data = options.data ? await Promise.all(waiting.map((event) => dataOf(log, event))) : [];
    const events = waiting.map((event, index) => ({ ...jsonOfEvent(event), ...(options.data ? { data: data[index] } : {}) }));
    const { out } = terminal;
    if (options.json) {
      out.write(`${JSON.stringify({ build, key, waiting: events }, undefined, 2)}\n`);
      return 0;
    }
    const [first] = waiting;
    out.write(
      details([
        ['build', buildName(build)],
        ['document', plain(key)],
        ['waits since', first?.parkedAt ?? ''],
        ['tried', counted(first?.attempts ?? 0, 'time')],
        ['error', plain(first?.error ?? '')],
        ['waiting', counted(waiting.length, 'event')],
      ]),
    );
    out.write(`\n${table(eventColumns, waiting, { width: widthOf(out) })}`);
    for (const [index, event] of waiting.entries()) {
      if (options.data) {
        out.write(`\n${event.position} ${event.type}\n${JSON.stringify(data[index], undefined, 2).split('\n').map(plain).join('\n')}\n`);
      }
    }
    const what = `${name} ${asWord(key)}`;
    out.write(`\n\`daybook dead-letters retry ${what}\` tries again.\n`);
    out.write(`\`daybook dead-letters skip ${what} --event ${first?.id ?? ''} --reason <text>\` leaves the first event out for good.\n`);
    return 0;
  });
}

/** @returns the exit code: 0 nothing of it waits any more, 5 some still does, 130 stopped. @throws NotThere, InvalidInput, Rejection, NotYetThere */
export async function runRetry(
  config: Config,
  name: string,
  key: string | undefined,
  options: DecisionOptions,
  terminal: Terminal,
): Promise<number> {
  return decide(config, { name, key, options, told: 'Tried again' }, terminal, ({ operations }, actor) =>
    operations.retry(name, key, { actor }),
  );
}

/** @returns the exit code, as of a retry. @throws NotThere, NotFirst, InvalidInput, Rejection, NotYetThere */
export async function runSkip(
  config: Config,
  name: string,
  key: string,
  { event: eventId, reason, ...options }: SkipOptions,
  terminal: Terminal,
): Promise<number> {
  return decide(config, { name, key, eventId, options, told: 'Left out' }, terminal, ({ operations }, actor) =>
    operations.skip(name, { key, eventId, reason }, { actor }),
  );
}

interface Matter {
  readonly name: string;
  readonly key: string | undefined;
  /** The event that is left out. */
  readonly eventId?: string;
  readonly options: DecisionOptions;
  /** What was done. */
  readonly told: string;
}

/** Records a decision, waits until it was carried out, and says what came of it. */
async function decide(
  config: Config,
  { name, key, eventId, options, told }: Matter,
  terminal: Terminal,
  record: (session: Session, actor: string) => Promise<Outcome>,
): Promise<number> {
  return withSession(config, terminal, { decides: true, projects: true }, async (session) => {
    const { out, err } = terminal;
    const actor = options.actor ?? config.defaultActor;
    const concerned = async (): Promise<readonly DeadLetter[]> =>
      (await session.operations.deadLetters(name)).filter((letter) => key === undefined || letter.key === key);
    const before = await concerned();
    const outcome = await record(session, actor);
    const worker = await whoProjects(session, name);
    const builds = new Set(before.map(({ build }) => buildName(build)));
    const carriedOut = await whileProjecting(session, [name], reaching(session, builds, outcome.position));
    if (!carriedOut) {
      err.write(
        `Stopped waiting. The decision stands in the log at position ${outcome.position}: ${worker ?? 'the next server'} carries it out.\n`,
      );
      return 130;
    }
    const after = await concerned();
    if (options.json) {
      const { commandId, position } = outcome;
      const decision = { commandId, position, actor, readModel: name, key: key ?? null, ...(eventId === undefined ? {} : { eventId }) };
      out.write(`${JSON.stringify({ decision, before: before.length, deadLetters: after.map(jsonOf) }, undefined, 2)}\n`);
    } else {
      const free = before.length - after.length;
      const goOn = counted(free, 'document goes on', 'documents go on');
      const left = after.length === 0 ? 'none waits any more' : counted(after.length, 'still waits', 'still wait');
      out.write(`${told} by ${actor}, at position ${count(outcome.position)} of the log: ${goOn}, ${left}.\n`);
      if (after.length > 0) out.write(`\n${listed(after, terminal)}`);
    }
    return after.length > 0 ? 5 : 0;
  });
}

/** Looks until these builds have come to a position. @throws NotYetThere when they stand still before it */
function reaching({ operations }: Session, builds: ReadonlySet<string>, position: Position): () => Promise<true | undefined> {
  let last = '';
  let since = Date.now();
  return async () => {
    const behind = (await operations.builds()).filter((record) => builds.has(buildName(record)) && record.position < position);
    const [first] = behind;
    if (!first) return true;
    const now = behind.map(stand).join();
    if (now !== last) since = Date.now();
    last = now;
    if (Date.now() - since > PATIENCE_MS) throw new NotYetThere(buildName(first), position, first.position);
    return undefined;
  };
}

function stand(record: BuildRecord): string {
  return `${buildName(record)} ${record.position}`;
}

/** As one word of a shell's command line. */
function asWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${plain(text).replaceAll("'", "'\\''")}'`;
}

function listed(letters: readonly DeadLetter[], { out }: Terminal): string {
  return table(columns, letters, { width: widthOf(out) });
}

const columns: readonly Column<DeadLetter>[] = [
  { title: 'build', value: ({ build }) => buildName(build) },
  { title: 'document', value: ({ key }) => key },
  { title: 'events', value: ({ waiting }) => waiting, right: true },
  { title: 'since', value: ({ first }) => `${first.parkedAt.slice(0, 19)}Z`, spare: 1 },
  { title: 'tried', value: ({ first }) => first.attempts, right: true, spare: 3 },
  { title: 'position', value: ({ first }) => String(first.position), right: true, spare: 2 },
  { title: 'type', value: ({ first }) => first.type },
  { title: 'error', value: ({ first }) => first.error },
];

const eventColumns: readonly Column<WaitingEvent>[] = [
  { title: 'position', value: ({ position }) => String(position), right: true },
  { title: 'type', value: ({ type }) => type },
  { title: 'rev', value: ({ revision }) => String(revision), right: true },
  { title: 'stream', value: ({ stream }) => streamName(stream), spare: 1 },
  { title: 'event', value: ({ id }) => id, spare: 2 },
];

function jsonOf({ build, key, first, waiting }: DeadLetter): object {
  return { readModel: build.name, version: build.version, build: build.number, key, waiting, first: jsonOfEvent(first) };
}

function jsonOfEvent({ position, id, type, stream, revision, error, attempts, parkedAt }: WaitingEvent): object {
  return { position, id, type, stream: streamName(stream), revision, error, attempts, parkedAt };
}

async function dataOf(log: EventLog, { stream, revision }: WaitingEvent): Promise<unknown> {
  return (await log.readStream(stream, revision, 1))[0]?.data ?? null;
}
