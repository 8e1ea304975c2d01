/** One command's way: load its record, decide, append at exactly the revision that was loaded, answer. Once, however often it is sent. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Definitions } from '../../contracts/index.js';
import { commandSpec, type AnyCommand, type CommandClass, type CommandSpec, type Facts } from '../kernel/command.js';
import type { Aggregate } from '../kernel/aggregate.js';
import { constantCase } from '../kernel/constant-case.js';
import { derivedId, eventId } from '../kernel/derived-id.js';
import { streamName, toCurrent, type Metadata, type Position, type RecordedEvent, type Stream } from '../kernel/event.js';
import { Rejection } from '../kernel/rejection.js';
import { EventIdTaken, WrongRevision, type EventLog, type EventToAppend } from '../log/port.js';
import { commandHash } from './command-hash.js';
import { emptyStream, follow, type RecordedStream, type Trace } from './recorded-stream.js';
import { referencedIds } from './references.js';

/** Who asks, and in what connection. */
export interface Request {
  readonly actor: string;
  readonly onBehalfOf?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
  /** The times of another system, for events carried over from it: see the log port. */
  readonly carriedOver?: { readonly recordedAt: string; readonly importedAt: string };
}

export interface Outcome {
  readonly commandId: string;
  readonly stream: Stream;
  /** Where the record stands after the command's last event. */
  readonly revision: number;
  /** Where the log stands after everything that the command set off and waited for. */
  readonly position: Position;
  /** How many events were written now: 0 when the command changed nothing or had run before. */
  readonly appended: number;
  /** The command had run before; this is its first result. */
  readonly repeated: boolean;
}

/** What follows from events at once (process managers); answers the position of the last event that it caused, if any. */
export type Reaction = (events: readonly RecordedEvent[]) => Promise<Position | undefined>;

export interface PipelineOptions {
  readonly log: EventLog;
  /** Of the events in the log; this program's own when absent. */
  readonly definitions?: Definitions;
  /** The present, in milliseconds since 1970. */
  readonly clock?: () => number;
  /** How many records' states are kept in memory; 0 loads each time. */
  readonly cacheSize?: number;
  /** How often a command is decided anew when others changed its record meanwhile. */
  readonly attempts?: number;
}

export class CommandPipeline {
  readonly #log: EventLog;
  readonly #definitions: Definitions | undefined;
  readonly #clock: () => number;
  readonly #attempts: number;
  readonly #cache: LRUCache<string, RecordedStream> | undefined;
  readonly #existing = new LRUCache<string, true>({ max: 10_000 });
  readonly #running = new Map<string, Promise<unknown>>();
  #reaction: Reaction | undefined;

  constructor({ log, definitions, clock = Date.now, cacheSize = 10_000, attempts = 50 }: PipelineOptions) {
    this.#log = log;
    this.#definitions = definitions;
    this.#clock = clock;
    this.#attempts = attempts;
    this.#cache = cacheSize > 0 ? new LRUCache({ max: cacheSize }) : undefined;
  }

  /** Sets what follows at once from events that commands append. */
  react(reaction: Reaction): void {
    this.#reaction = reaction;
  }

  /**
   * Runs a command once.
   * @throws Rejection when a rule says no: the record's own, or one of the codes of every command in docs/errors.md.
   * @throws LogUnavailable when the log can't be read or written.
   */
  async execute(command: AnyCommand, request: Request): Promise<Outcome> {
    if (command.commandId === undefined) return this.#run(command, randomUUID(), request);
    const commandId = command.commandId.toLowerCase();
    // The same id twice at once: one after the other, so that the second finds what the first did.
    const before = this.#running.get(commandId) ?? Promise.resolve();
    const run = before.then(() => this.#run(command, commandId, request));
    const settled = run.catch(() => undefined);
    this.#running.set(commandId, settled);
    try {
      return await run;
    } finally {
      if (this.#running.get(commandId) === settled) this.#running.delete(commandId);
    }
  }

  /** The event with which a command began a record whose id derives from its own; undefined when it did not run. @throws LogUnavailable */
  async begun({ type }: Pick<Aggregate<unknown, never>, 'type'>, commandId: string): Promise<RecordedEvent | undefined> {
    const [first] = await this.#log.readStream({ type, id: derivedId(type, commandId.toLowerCase()) }, 0, 1);
    return first && toCurrent(first, this.#definitions);
  }

  async #run(command: AnyCommand, commandId: string, request: Request): Promise<Outcome> {
    const spec = commandSpec(command.constructor as CommandClass);
    const stream: Stream = { type: spec.aggregate.type, id: command.id ?? derivedId(spec.aggregate.type, commandId) };
    const hash = commandHash(command);
    const now = new Date(this.#clock()).toISOString();
    const occurredAt = command.occurredAt ?? request.carriedOver?.recordedAt ?? now;
    if (occurredAt > now) {
      throw new Rejection('OCCURRED_IN_FUTURE', 'occurredAt is in the future; it may be now or earlier.', 'occurredAt');
    }
    const facts: Facts = { id: stream.id, actor: request.actor, occurredAt };
    const metadata: Omit<Metadata, 'recordedAt'> & { recordedAt?: string } = {
      commandId,
      commandHash: hash,
      actor: request.actor,
      ...(request.onBehalfOf === undefined ? {} : { onBehalfOf: request.onBehalfOf }),
      correlationId: request.correlationId ?? commandId,
      causationId: request.causationId ?? commandId,
      occurredAt,
      ...request.carriedOver,
    };

    let fresh = false;
    // Where a refusal said that the stream stands: what a load after it does not show up to there is not ours, but takes up revisions.
    let stands = -1;
    for (let attempt = 0; attempt < this.#attempts; attempt++) {
      const known = fresh ? undefined : this.#cache?.get(streamName(stream));
      // An id that was given may have run in another process, and the log would take what is appended now for the same again.
      const cached = command.commandId === undefined ? known : undefined;
      const record = cached ?? (await this.#load(spec.aggregate, stream, known));

      const trace = record.commands.get(commandId);
      if (trace) return this.#repeat(trace, hash, commandId, stream);

      let events;
      try {
        this.#check(spec, command, stream, record);
        events = await this.#decide(command, record, facts);
      } catch (refusal) {
        // A remembered state may be older than the log: look again before saying no.
        if (refusal instanceof Rejection && cached) {
          fresh = true;
          continue;
        }
        throw refusal;
      }
      if (events.length === 0) {
        if (cached) {
          fresh = true;
          continue;
        }
        return { commandId, stream, revision: record.revision, position: record.position, appended: 0, repeated: false };
      }

      const toAppend: EventToAppend[] = events.map((event, index) => ({ ...event, id: eventId(commandId, index), metadata }));
      try {
        const last = Math.max(record.revision, stands);
        const { revision, position } = await this.#log.append(stream, last < 0 ? 'none' : last, toAppend);
        const first = revision - events.length + 1;
        const recorded = toAppend.map((event, index): RecordedEvent => ({
          ...event,
          stream,
          revision: first + index,
          position,
          metadata: { ...metadata, recordedAt: metadata.recordedAt ?? now },
        }));
        this.#cache?.set(streamName(stream), follow(spec.aggregate, record, recorded, this.#definitions));
        const reacted = await this.#reaction?.(recorded);
        return { commandId, stream, revision, position: Math.max(position, reacted ?? 0), appended: events.length, repeated: false };
      } catch (failure) {
        if (failure instanceof EventIdTaken) throw commandIdReused();
        // Somebody else has written, or it can't be told whether this was written: what is remembered may not be what the log holds.
        this.#cache?.delete(streamName(stream));
        if (!(failure instanceof WrongRevision)) throw failure;
        stands = failure.actual === 'none' ? -1 : failure.actual;
        fresh = true;
        if (attempt > 0) await sleep(Math.random() * 2 ** Math.min(attempt, 6));
      }
    }
    throw new Rejection('CONFLICT', `Others keep changing ${stream.type} ${stream.id} at the same time. Send the command again.`);
  }

  /** What holds for every command, before its own rules. */
  #check(spec: CommandSpec, command: AnyCommand, stream: Stream, record: RecordedStream): void {
    const name = constantCase(stream.type);
    if (spec.creates && record.revision >= 0) {
      throw new Rejection(
        `${name}_EXISTS`,
        `The id is taken: there is one such ${stream.type} already. Leave the id out to get a new one.`,
        'id',
      );
    }
    if (!spec.creates && record.revision < 0) {
      throw new Rejection(`${name}_NOT_FOUND`, `There is no ${stream.type} with this id.`, 'id');
    }
    if (command.expectedRevision !== undefined && command.expectedRevision !== record.revision) {
      throw new Rejection(
        'STALE_REVISION',
        `The ${stream.type} stands at revision ${record.revision}, not at ${command.expectedRevision}. Load it again and decide anew.`,
        'expectedRevision',
      );
    }
  }

  async #decide(command: AnyCommand, record: RecordedStream, facts: Facts) {
    for (const { type, id, field } of referencedIds(command)) await this.#mustExist({ type, id }, field);
    const references = Object.entries(command.reads?.(record.state as never) ?? {});
    if (references.length === 0) return command.decide(record.state as never, facts as never);
    const states: Record<string, unknown> = {};
    for (const [name, { aggregate, id, field }] of references) {
      const stream = { type: aggregate.type, id };
      const read = await this.#load(aggregate, stream, this.#cache?.get(streamName(stream)));
      if (read.revision < 0) throw notFound(stream.type, field);
      states[name] = read.state;
    }
    return command.decide(record.state as never, { ...facts, ...states } as never);
  }

  /**
   * The record as the log has it now, read on from what is known. A record that a command only looks at has to be read on each time: no
   * append would find out that it has changed, in another process, since it was remembered.
   */
  async #load(aggregate: Aggregate<unknown, never>, stream: Stream, known = emptyStream(aggregate)): Promise<RecordedStream> {
    const news = await this.#log.readStream(stream, known.revision + 1);
    if (news.length === 0) return known;
    const record = follow(aggregate, known, news, this.#definitions);
    this.#cache?.set(streamName(stream), record);
    return record;
  }

  async #mustExist(stream: Stream, field: string): Promise<void> {
    const name = streamName(stream);
    if (this.#existing.has(name)) return;
    if ((await this.#log.readStream(stream, 0, 1)).length === 0) throw notFound(stream.type, field);
    this.#existing.set(name, true);
  }

  /** The first result of a command that has run, after making sure that what follows from it has run too. */
  async #repeat(trace: Trace, hash: string, commandId: string, stream: Stream): Promise<Outcome> {
    if (trace.hash !== hash) throw commandIdReused();
    let { position } = trace;
    if (this.#reaction) {
      const events = (await this.#log.readStream(stream)).filter((event) => event.metadata.commandId === commandId);
      position = Math.max(position, (await this.#reaction(events)) ?? 0);
    }
    return { commandId, stream, revision: trace.revision, position, appended: 0, repeated: true };
  }
}

function notFound(type: string, field: string): Rejection {
  return new Rejection(`${constantCase(type)}_NOT_FOUND`, `${field}: there is no ${type} with this id.`, field);
}

function commandIdReused(): Rejection {
  return new Rejection('COMMAND_ID_REUSED', 'This commandId was used for another command or other input. Take a new one.', 'commandId');
}
