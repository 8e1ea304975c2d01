/**
 * What those who keep Daybook running may ask for: builds of read models and documents that wait. The command line and the API offer the
 * same. Everything asked for is in the register or in the log when the call returns; whoever holds the leases carries it out.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fromInput } from '../kernel/input.js';
import type { Position } from '../kernel/event.js';
import { KnownError } from '../kernel/known-error.js';
import type { Projection } from '../kernel/projection.js';
import type { ReadModelSpec } from '../kernel/read-model.js';
import { RetryDeadLetters, SkipDeadLetter } from '../operations/dead-letter.js';
import type { Outcome } from '../pipeline/command-pipeline.js';
import type { Request } from '../pipeline/issued-command.js';
import {
  buildName,
  idOf,
  isBegun,
  isOf,
  lastServedFirst,
  newest,
  servedBuild,
  servedModel,
  servedVersions,
  type Build,
  type BuildId,
  type BuildRecord,
} from '../views/builds.js';
import { NotReady } from '../views/errors.js';
import type { HeldLease, ParkedDocument, ViewReader, ViewWriter, WaitingEvent } from '../views/port.js';
import { decide, NotFirst, type Decides } from './decide.js';
import { isDead } from './holders.js';
import { parkedDocuments } from './parked-documents.js';
import { wouldComeBack } from './take-over.js';

/** A read model, a build or a document that is not there. */
export class NotThere extends KnownError {
  override readonly name = 'NotThere';
  readonly code = 'NOT_THERE';

  constructor(
    /** The input that named it. */
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

/** How long a build that is behind the live one is waited for, in milliseconds, and how often it is tried meanwhile. */
const CATCH_UP_MS = 5_000;
const LOOK_EVERY_MS = 10;

export interface OperationsOptions {
  readonly reader: ViewReader;
  /** Opened when it is first needed. */
  readonly writer: () => Promise<ViewWriter>;
  readonly pipeline: Decides;
  readonly projections: readonly Projection[];
  /** How long a query may run, in milliseconds: a build that stopped answering is not dropped before. */
  readonly requestTimeoutMs: number;
}

/** A document that waits, in the build that it belongs to. */
export interface DeadLetter extends ParkedDocument {
  readonly build: BuildId;
  readonly key: string;
}

/** What is to be left out of which document, and why it may be. */
export interface Skip {
  readonly key: string;
  /** The first event that waits. */
  readonly eventId: string;
  readonly reason: string;
}

interface Parked {
  readonly build: Build;
  readonly first: WaitingEvent;
}

export class Operations {
  readonly #options: OperationsOptions;
  #opened: Promise<ViewWriter> | undefined;

  constructor(options: OperationsOptions) {
    this.#options = options;
  }

  /** Every build that the register knows, of all read models or of one, in the order of names, versions, numbers. @throws NotThere */
  async builds(name?: string): Promise<readonly BuildRecord[]> {
    const records = await this.#options.reader.builds();
    return name === undefined ? records : this.#ofName(records, name);
  }

  /** Who projects which read models now: the leases of projectors that are alive. */
  async projectors(): Promise<readonly HeldLease[]> {
    // A store in which nothing was ever begun is not made by asking.
    if ((await this.builds()).length === 0) return [];
    const held = await (await this.#writer()).held();
    return held.filter(({ name, holder }) => this.readModels.includes(name) && !isDead(holder));
  }

  /** Those of these read models that nobody projects: they stay where they stand. */
  async standing(names: readonly string[]): Promise<readonly string[]> {
    const projected = new Set((await this.projectors()).map(({ name }) => name));
    return names.filter((name) => !projected.has(name));
  }

  /**
   * What of these read models, or of all, can be verified: each must have been built.
   * @param field the input that names them
   * @returns their names, and those of them that nobody projects
   * @throws NotThere, NotReady
   */
  async verifiable(
    names?: readonly string[],
    field?: string,
  ): Promise<{ readonly readModels: readonly string[]; readonly standing: readonly string[] }> {
    const records = await this.builds();
    const served = this.#served(records, names, field).map(({ model }) => model);
    const absent = served.filter((model) => !isBegun(servedBuild(records, model))).map(({ name }) => name);
    if (absent.length > 0) throw new NotReady(`Not built yet: ${absent.join(', ')}. ${howToBuild(absent)}`, field);
    const readModels = served.map(({ name }) => name);
    return { readModels, standing: await this.standing(readModels) };
  }

  /** The read models of this program. */
  get readModels(): readonly string[] {
    return [...new Set(this.#options.projections.map(({ model }) => model.name))].sort();
  }

  /**
   * The projections of the versions that answer, of these read models or of all, each once.
   * @param field the input that names them
   * @throws NotThere
   */
  async served(names?: readonly string[], field?: string): Promise<readonly Projection[]> {
    return this.#served(await this.builds(), names, field);
  }

  /** Begins a build of the newest version beside the live one, or answers with the one that is being built. @throws NotThere */
  async rebuild(name: string): Promise<BuildId> {
    const model = newest(this.#versionsOf(name).map((projection) => projection.model));
    return idOf(await (await this.#writer()).begin(model));
  }

  /** Makes a build that is ready the live one: the newest of the read model unless a number is given. @throws NotThere, NotReady */
  async cutOver(name: string, number?: number): Promise<BuildId> {
    const records = await this.builds(name);
    const build = this.#chosen(
      records,
      name,
      number,
      ({ state }) => state === 'building' || state === 'ready',
      'is being built or is ready',
    );
    if (build.state === 'building') {
      throw new NotReady(`${buildName(build)} is still being built: it stands at position ${build.position}.`);
    }
    if (build.state === 'retired') this.#mustHave(build);
    return this.#makeLive(build);
  }

  /** Makes the build that was live before the live one again, if this program can answer from it. @throws NotThere, NotReady */
  async rollBack(name: string, number?: number): Promise<BuildId> {
    const records = await this.builds(name);
    const build = this.#chosen(records, name, number, ({ state }) => state === 'retired', 'is retired');
    if (build.state !== 'live') this.#mustHave(build);
    return this.#makeLive(build);
  }

  /** Takes a build away that does not answer. @throws NotThere, NotReady when it answers, or did a moment ago */
  async drop(name: string, number: number): Promise<BuildId> {
    const records = await this.builds(name);
    const build = this.#chosen(records, name, number, () => true, 'is there');
    const since = build.state === 'retired' && build.servedAt !== null ? Date.now() - Date.parse(build.servedAt) : Number.MAX_SAFE_INTEGER;
    const left = Math.ceil((this.#options.requestTimeoutMs - since) / 1_000);
    if (left > 0) {
      throw new NotReady(
        `${buildName(build)} was live until a moment ago, and queries that began then may still read it. Ask again in ${left} s.`,
      );
    }
    if (this.#has(build) && wouldComeBack(build, records)) {
      throw new NotReady(
        `${buildName(build)} was rolled back from: were it gone, version ${build.version} would be built again and take over. Deploy a program without that version first.`,
      );
    }
    await (await this.#writer()).drop(build);
    return named(build);
  }

  /** Documents that wait, of every build of this program's versions or of one read model's, in the order of builds and keys. @throws NotThere */
  async deadLetters(name?: string): Promise<readonly DeadLetter[]> {
    const letters: DeadLetter[] = [];
    for (const build of await this.#builds(name)) {
      for await (const parked of parkedDocuments(this.#options.reader, build)) {
        letters.push({ ...parked, key: parked.first.key, build: idOf(build) });
      }
    }
    return letters;
  }

  /** What waits for one document, in the build that answers unless a number is given. @throws NotThere */
  async deadLetter(
    name: string,
    key: string,
    number?: number,
  ): Promise<{ readonly build: BuildId; readonly waiting: readonly WaitingEvent[] }> {
    const [found] = await this.#parked(name, key, number);
    return { build: idOf(found.build), waiting: await this.#options.reader.waiting(found.build, found.first.key, { first: 500 }) };
  }

  /**
   * Has what waits tried again, of one document or of all: carried out when the projector reaches the decision. The same `commandId` again
   * answers as the first time, whatever waits by then.
   * @throws NotThere
   */
  async retry(name: string, key: string | undefined, request: Request, commandId?: string): Promise<Outcome> {
    const version = async (): Promise<number> => {
      if (key !== undefined) return (await this.#parked(name, key))[0].build.model.version;
      const [letter] = await this.deadLetters(name);
      if (!letter) throw new NotThere('readModel', `No document of ${name} waits.`);
      return letter.build.version;
    };
    const command = (of: number) => fromInput(RetryDeadLetters, { readModel: name, version: of, key, commandId });
    return decide(this.#options.pipeline, { commandId, version, command }, request);
  }

  /** Has the event that can't be taken left out of the document; the same `commandId` again as of `retry`. @throws NotThere, NotFirst, InvalidInput */
  async skip(name: string, { key, reason, ...skipped }: Skip, request: Request, commandId?: string): Promise<Outcome> {
    const eventId = skipped.eventId.toLowerCase();
    const version = async (): Promise<number> => {
      const found = await this.#parked(name, key);
      const letter = found.find(({ first }) => first.id === eventId);
      if (!letter) throw new NotFirst(eventId, found[0].first);
      return letter.build.model.version;
    };
    const command = (of: number) => fromInput(SkipDeadLetter, { readModel: name, version: of, key, eventId, reason, commandId });
    return decide(this.#options.pipeline, { commandId, version, command }, request);
  }

  /** Waits until the build that answers has carried out what stands at a position. @throws NotYetThere, NotThere */
  async carriedOut(name: string, position: Position, timeoutMs: number): Promise<void> {
    const [build] = await this.#builds(name);
    if (build) await this.#options.reader.reached(build, position, timeoutMs);
  }

  async close(): Promise<void> {
    await (await this.#opened)?.close();
  }

  /**
   * Under steady writes a build is behind the live one for a moment whenever that one was moved first: waits for such a moment to pass, while
   * somebody moves them.
   * @throws NotReady when it stays behind
   */
  async #makeLive(build: BuildRecord): Promise<BuildId> {
    const writer = await this.#writer();
    for (const deadline = performance.now() + CATCH_UP_MS; ;) {
      try {
        await writer.cutOver(build);
        return named(build);
      } catch (failure) {
        if (!(failure instanceof NotReady) || performance.now() > deadline) throw failure;
        if ((await this.standing([build.name])).length > 0) throw failure;
        await sleep(LOOK_EVERY_MS);
      }
    }
  }

  /** The builds in which a document waits, that which answers first, each with the event that can't be taken. @throws NotThere */
  async #parked(name: string, key: string, number?: number): Promise<readonly [Parked, ...Parked[]]> {
    const found: Parked[] = [];
    for (const build of await this.#builds(name)) {
      if (number !== undefined && build.number !== number) continue;
      const [parked] = await this.#options.reader.parked(build, { first: 1, keys: [key] });
      if (parked) found.push({ build, first: parked.first });
    }
    const [answers, ...others] = found;
    if (!answers) throw new NotThere('key', `No document ${JSON.stringify(key)} of ${name} waits.`);
    return [answers, ...others];
  }

  /** The builds of this program's versions, of each read model that which answers first. */
  async #builds(name?: string): Promise<readonly Build[]> {
    const records = await this.builds();
    const models = (name === undefined ? this.readModels : [name]).flatMap((each) => {
      const versions: readonly ReadModelSpec[] = this.#versionsOf(each).map(({ model }) => model);
      const answers = servedModel(records, versions);
      return [answers, ...versions.filter((model) => model !== answers)];
    });
    return models.flatMap((model) => {
      const served = servedBuild(records, model).number;
      return records
        .filter((record) => isOf(record, model))
        .sort((a, b) => Number(b.number === served) - Number(a.number === served) || a.number - b.number)
        .map(({ number }): Build => ({ model, number }));
    });
  }

  /** Whether this program can answer from a build and keep it up to date. */
  #has(build: BuildRecord): boolean {
    return this.#options.projections.some(({ model }) => isOf(build, model));
  }

  /** What was live before comes back by a program that can answer from it alone. @throws NotReady */
  #mustHave(build: BuildRecord): void {
    if (this.#has(build)) return;
    throw new NotReady(
      `This program does not have version ${build.version} of ${build.name} as ${buildName(build)} was built: it can neither answer from it nor keep it up to date. Deploy the program that has it, and roll back with that.`,
    );
  }

  /** As `served`, by what the register says. */
  #served(records: readonly BuildRecord[], names: readonly string[] = this.readModels, field?: string): readonly Projection[] {
    return [...new Set(names)].flatMap((name) => servedVersions(records, this.#versionsOf(name, field)));
  }

  /** @param field the input that named the read model */
  #versionsOf(name: string, field = 'readModel'): readonly Projection[] {
    const versions = this.#options.projections.filter(({ model }) => model.name === name);
    if (versions.length > 0) return versions;
    throw new NotThere(field, `There is no read model ${JSON.stringify(name)}; there are ${this.readModels.join(', ')}.`);
  }

  /** Builds of a read model; of one that the program does not have, those that the register knows. */
  #ofName(records: readonly BuildRecord[], name: string): readonly BuildRecord[] {
    const found = records.filter((record) => record.name === name);
    if (found.length === 0) this.#versionsOf(name);
    return found;
  }

  #chosen(
    records: readonly BuildRecord[],
    name: string,
    number: number | undefined,
    fits: (record: BuildRecord) => boolean,
    what: string,
  ): BuildRecord {
    const candidates = number === undefined ? records.filter(fits) : records.filter((record) => record.number === number);
    const [best] = candidates.toSorted(lastServedFirst);
    if (best) return best;
    if (records.length === 0 && number === undefined) {
      throw new NotThere('build', `${name} was never built. ${howToBuild([name])}`);
    }
    const there = records.map((record) => `${buildName(record)} (${record.state})`).join(', ') || 'none';
    throw new NotThere('build', `${name} has no build ${number === undefined ? `that ${what}` : number}; there are: ${there}.`);
  }

  #writer(): Promise<ViewWriter> {
    this.#opened ??= this.#options.writer();
    return this.#opened;
  }
}

/** What to do about read models that were never built. */
function howToBuild(names: readonly string[]): string {
  const them = names.length === 1 ? 'it' : 'them';
  return `A server builds ${them} when it starts; so does \`daybook projections rebuild ${names.join(' ')}\`.`;
}

/** What a record is called, without what else the register says of it. */
function named({ name, version, number }: BuildRecord): BuildId {
  return { name, version, number };
}
