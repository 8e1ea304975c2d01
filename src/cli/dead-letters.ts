/** `daybook dead-letters`: shows events that a read model could not apply, and records the decision to retry or skip them. */
import type { Config } from '../config.js';
import { streamName, type Position } from '../kernel/event.js';
import type { EventLog } from '../log/port.js';
import type { Outcome } from '../command-handling/command-handler.js';
import type { BuildDeadLetter } from '../projector/dead-letter-administration.js';
import { buildName } from '../views/port/build-identity.js';
import type { BuildRecord } from '../views/port/builds.js';
import { PositionTimeout } from '../views/port/query-errors.js';
import type { UnappliedEvent } from '../views/port/dead-letters.js';
import { projectorOf, type OutputOptions } from './builds.js';
import { whileProjecting, withSession, type Session } from './session.js';
import { count, counted, details, plain, table, type Column } from './table.js';
import { widthOf, type Terminal } from './terminal.js';

export interface LetterOptions extends OutputOptions {
  /** Also shows the data of the events, which may be personal. */
  readonly data?: boolean;
}

export interface DecisionOptions extends OutputOptions {
  /** Who decides. Defaults to the setting `defaultActor`. */
  readonly actor?: string;
}

export interface SkipOptions extends DecisionOptions {
  /** The id of the event to skip: the first unapplied event of the document. */
  readonly event: string;
  readonly reason: string;
}

/** How long the command waits for a build that makes no progress, in milliseconds. */
const STALL_TIMEOUT_MS = 30_000;

/** @returns the exit code: 0. @throws NotFound, ViewsUnavailable */
export async function runList(
  config: Config,
  name: string | undefined,
  { json = false }: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  return withSession(config, terminal, {}, async ({ administration }) => {
    const letters = await administration.deadLetters.list(name);
    if (json) terminal.out.write(`${JSON.stringify({ deadLetters: letters.map(jsonOf) }, undefined, 2)}\n`);
    else terminal.out.write(letters.length === 0 ? 'There are no dead letters.\n' : listed(letters, terminal));
    return 0;
  });
}

/** @returns the exit code: 0. @throws NotFound, LogUnavailable, ViewsUnavailable */
export async function runLetter(config: Config, name: string, key: string, options: LetterOptions, terminal: Terminal): Promise<number> {
  return withSession(config, terminal, {}, async ({ administration, log }) => {
    const { build, events: unapplied } = await administration.deadLetters.get(name, key);
    const data = options.data ? await Promise.all(unapplied.map((event) => dataOf(log, event))) : [];
    const events = unapplied.map((event, index) => ({ ...jsonOfEvent(event), ...(options.data ? { data: data[index] } : {}) }));
    const { out } = terminal;
    if (options.json) {
      out.write(`${JSON.stringify({ build, key, events }, undefined, 2)}\n`);
      return 0;
    }
    const [first] = unapplied;
    out.write(
      details([
        ['build', buildName(build)],
        ['document', plain(key)],
        ['since', first?.since ?? ''],
        ['tried', counted(first?.attempts ?? 0, 'time')],
        ['error', plain(first?.error ?? '')],
        ['events', counted(unapplied.length, 'event')],
      ]),
    );
    out.write(`\n${table(eventColumns, unapplied, { width: widthOf(out) })}`);
    for (const [index, event] of unapplied.entries()) {
      if (options.data) {
        out.write(`\n${event.position} ${event.type}\n${JSON.stringify(data[index], undefined, 2).split('\n').map(plain).join('\n')}\n`);
      }
    }
    const what = `${name} ${asWord(key)}`;
    out.write(`\n\`daybook dead-letters retry ${what}\` retries them.\n`);
    out.write(`\`daybook dead-letters skip ${what} --event ${first?.id ?? ''} --reason <text>\` skips the first event permanently.\n`);
    return 0;
  });
}

/** @returns the exit code: 0 all resolved, 5 dead letters remain, 130 stopped. @throws NotFound, InvalidInput, Rejection, PositionTimeout */
export async function runRetry(
  config: Config,
  name: string,
  key: string | undefined,
  options: DecisionOptions,
  terminal: Terminal,
): Promise<number> {
  return decide(config, { name, key, options, verb: 'Retried' }, terminal, ({ administration }, actor) =>
    administration.deadLetters.retry(name, key, { actor }),
  );
}

/** @returns the exit code, as for a retry. @throws NotFound, StaleDecision, InvalidInput, Rejection, PositionTimeout */
export async function runSkip(
  config: Config,
  name: string,
  key: string,
  { event: eventId, reason, ...options }: SkipOptions,
  terminal: Terminal,
): Promise<number> {
  return decide(config, { name, key, eventId, options, verb: 'Skipped' }, terminal, ({ administration }, actor) =>
    administration.deadLetters.skip(name, { key, eventId, reason }, { actor }),
  );
}

interface Decision {
  readonly name: string;
  readonly key: string | undefined;
  /** The event to skip. */
  readonly eventId?: string;
  readonly options: DecisionOptions;
  /** What was done, for the message. */
  readonly verb: string;
}

/** Records a decision, waits until it has been applied, and reports the result. */
async function decide(
  config: Config,
  { name, key, eventId, options, verb }: Decision,
  terminal: Terminal,
  record: (session: Session, actor: string) => Promise<Outcome>,
): Promise<number> {
  return withSession(config, terminal, { decides: true, projects: true }, async (session) => {
    const { out, err } = terminal;
    const actor = options.actor ?? config.defaultActor;
    const concerned = async (): Promise<readonly BuildDeadLetter[]> =>
      (await session.administration.deadLetters.list(name)).filter((letter) => key === undefined || letter.key === key);
    const before = await concerned();
    const outcome = await record(session, actor);
    const worker = await projectorOf(session, name);
    const builds = new Set(before.map(({ build }) => buildName(build)));
    const applied = await whileProjecting(session, [name], reaching(session, builds, outcome.position));
    if (!applied) {
      err.write(
        `Stopped waiting. The decision is in the log at position ${outcome.position}: ${worker ?? 'the next server'} applies it.\n`,
      );
      return 130;
    }
    const after = await concerned();
    if (options.json) {
      const { commandId, position } = outcome;
      const decision = { commandId, position, actor, readModel: name, key: key ?? null, ...(eventId === undefined ? {} : { eventId }) };
      out.write(`${JSON.stringify({ decision, before: before.length, deadLetters: after.map(jsonOf) }, undefined, 2)}\n`);
    } else {
      const resolved = `${counted(before.length - after.length, 'dead letter')} resolved`;
      const left = after.length === 0 ? 'none remains' : counted(after.length, 'remains', 'remain');
      out.write(`${verb} by ${actor}, at position ${count(outcome.position)} of the log: ${resolved}, ${left}.\n`);
      if (after.length > 0) out.write(`\n${listed(after, terminal)}`);
    }
    return after.length > 0 ? 5 : 0;
  });
}

/** Checks whether these builds have reached a position. @throws PositionTimeout when they make no progress for too long */
function reaching({ administration }: Session, builds: ReadonlySet<string>, position: Position): () => Promise<true | undefined> {
  let last = '';
  let since = Date.now();
  return async () => {
    const behind = (await administration.builds()).filter((record) => builds.has(buildName(record)) && record.position < position);
    const [first] = behind;
    if (!first) return true;
    const now = behind.map(stand).join();
    if (now !== last) since = Date.now();
    last = now;
    if (Date.now() - since > STALL_TIMEOUT_MS) throw new PositionTimeout(buildName(first), position, first.position);
    return undefined;
  };
}

function stand(record: BuildRecord): string {
  return `${buildName(record)} ${record.position}`;
}

/** Quotes a text as one word of a shell command. */
function asWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${plain(text).replaceAll("'", "'\\''")}'`;
}

function listed(letters: readonly BuildDeadLetter[], { out }: Terminal): string {
  return table(columns, letters, { width: widthOf(out) });
}

const columns: readonly Column<BuildDeadLetter>[] = [
  { title: 'build', value: ({ build }) => buildName(build) },
  { title: 'document', value: ({ key }) => key },
  { title: 'events', value: ({ eventCount }) => eventCount, right: true },
  { title: 'since', value: ({ first }) => `${first.since.slice(0, 19)}Z`, spare: 1 },
  { title: 'tried', value: ({ first }) => first.attempts, right: true, spare: 3 },
  { title: 'position', value: ({ first }) => String(first.position), right: true, spare: 2 },
  { title: 'type', value: ({ first }) => first.type },
  { title: 'error', value: ({ first }) => first.error },
];

const eventColumns: readonly Column<UnappliedEvent>[] = [
  { title: 'position', value: ({ position }) => String(position), right: true },
  { title: 'type', value: ({ type }) => type },
  { title: 'rev', value: ({ revision }) => String(revision), right: true },
  { title: 'stream', value: ({ stream }) => streamName(stream), spare: 1 },
  { title: 'event', value: ({ id }) => id, spare: 2 },
];

function jsonOf({ build, key, first, eventCount }: BuildDeadLetter): object {
  return { readModel: build.name, version: build.version, build: build.number, key, eventCount, first: jsonOfEvent(first) };
}

function jsonOfEvent({ position, id, type, stream, revision, error, attempts, since }: UnappliedEvent): object {
  return { position, id, type, stream: streamName(stream), revision, error, attempts, since };
}

async function dataOf(log: EventLog, { stream, revision }: UnappliedEvent): Promise<unknown> {
  return (await log.readStream(stream, revision, 1))[0]?.data ?? null;
}
