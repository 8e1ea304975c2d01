/**
 * Administration of read models: builds and dead letters. The command line and the API offer the same. A call returns when its request is in the
 * register or in the log; the process that holds the lease does the work.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Projection } from '../kernel/projection.js';
import { isDead } from '../leases/holders.js';
import type { HeldLease } from '../leases/port.js';
import { buildName, hasBuild, idOf } from '../views/port/build-identity.js';
import type { BuildId, BuildRecord } from '../views/port/builds.js';
import { NotReady } from '../views/port/errors.js';
import type { ViewReader, ViewWriter } from '../views/port/store.js';
import { lastServedFirst, newest, servedBuild } from '../views/serving/versions.js';
import { wouldBeRebuilt } from './cut-over-rules.js';
import { DeadLetterAdministration } from './dead-letter-administration.js';
import { NotFound } from './not-found.js';
import { ProgramReadModels } from './program-read-models.js';
import type { DecisionHandler } from './record-decision.js';

/** How long a cut-over waits for a build that is behind the live one, and how often it tries, in milliseconds. */
const CATCH_UP_MS = 5_000;
const RETRY_MS = 10;

export interface ReadModelAdministrationOptions {
  readonly reader: ViewReader;
  /** Opened when it is first needed. */
  readonly writer: () => Promise<ViewWriter>;
  readonly commandHandler: DecisionHandler;
  readonly projections: readonly Projection[];
  /** How long a query may run, in milliseconds: a build is not dropped sooner after it was retired. */
  readonly requestTimeoutMs: number;
}

export class ReadModelAdministration {
  readonly deadLetters: DeadLetterAdministration;
  readonly #options: ReadModelAdministrationOptions;
  readonly #readModels: ProgramReadModels;
  #opened: Promise<ViewWriter> | undefined;

  constructor(options: ReadModelAdministrationOptions) {
    this.#options = options;
    this.#readModels = new ProgramReadModels(options.projections);
    this.deadLetters = new DeadLetterAdministration({ ...options, readModels: this.#readModels });
  }

  /** The names of this program's read models. */
  get readModels(): readonly string[] {
    return this.#readModels.names;
  }

  /** Checks that this program has these read models. @throws NotFound */
  mustBeReadModels(names: readonly string[]): void {
    for (const name of names) this.#readModels.versionsOf(name);
  }

  /** All registered builds, or those of one read model; ordered by name and number. @throws NotFound */
  async builds(name?: string): Promise<readonly BuildRecord[]> {
    const records = await this.#options.reader.builds();
    if (name === undefined) return records;
    const found = records.filter((record) => record.name === name);
    if (found.length === 0) this.#readModels.versionsOf(name);
    return found;
  }

  /** The leases of live projectors: which process projects which read model. */
  async projectors(): Promise<readonly HeldLease[]> {
    // Without builds there may be no store yet, and a query must not create one.
    if ((await this.builds()).length === 0) return [];
    const held = await (await this.#writer()).leases.held();
    return held.filter(({ name, holder }) => this.readModels.includes(name) && !isDead(holder));
  }

  /** Those of these read models that no process projects: their builds don't advance. */
  async unprojected(names: readonly string[]): Promise<readonly string[]> {
    const projected = new Set((await this.projectors()).map(({ name }) => name));
    return names.filter((name) => !projected.has(name));
  }

  /**
   * Checks that these read models, or all, can be verified: each needs a build.
   * @param field the input that named them
   * @returns their names, and those of them that no process projects
   * @throws NotFound, NotReady
   */
  async verifiable(
    names?: readonly string[],
    field?: string,
  ): Promise<{ readonly readModels: readonly string[]; readonly unprojected: readonly string[] }> {
    const records = await this.builds();
    const served = this.#readModels.served(records, names, field).map(({ model }) => model);
    const absent = served.filter((model) => !hasBuild(servedBuild(records, model))).map(({ name }) => name);
    if (absent.length > 0) throw new NotReady(`Not built yet: ${absent.join(', ')}. ${howToBuild(absent)}`, field);
    const readModels = served.map(({ name }) => name);
    return { readModels, unprojected: await this.unprojected(readModels) };
  }

  /** Begins a build of the newest version beside the live one, or returns the one that is being built. @throws NotFound */
  async rebuild(name: string): Promise<BuildId> {
    const model = newest(this.#readModels.versionsOf(name).map((projection) => projection.model));
    return idOf(await (await this.#writer()).begin(model));
  }

  /** Makes a ready build live. @param number the build; defaults to the last one @throws NotFound, NotReady */
  async cutOver(name: string, number?: number): Promise<BuildId> {
    const records = await this.builds(name);
    const isUpcoming = ({ state }: BuildRecord): boolean => state === 'building' || state === 'ready';
    const build = select(records, name, number, isUpcoming, 'is being built or is ready');
    if (build.state === 'building') {
      throw new NotReady(`${buildName(build)} is still being built: it is at position ${build.position}.`);
    }
    if (build.state === 'retired') this.#mustHave(build);
    return this.#makeLive(build);
  }

  /** Makes the build live again that was live before. @param number the build; defaults to the one retired last @throws NotFound, NotReady */
  async rollBack(name: string, number?: number): Promise<BuildId> {
    const records = await this.builds(name);
    const build = select(records, name, number, ({ state }) => state === 'retired', 'is retired');
    if (build.state !== 'live') this.#mustHave(build);
    return this.#makeLive(build);
  }

  /** Drops a build that isn't live. @throws NotFound, NotReady when it is live, or was within the last `requestTimeoutMs` */
  async drop(name: string, number: number): Promise<BuildId> {
    const records = await this.builds(name);
    const build = select(records, name, number, () => true, 'exists');
    const since = build.state === 'retired' && build.servedAt !== null ? Date.now() - Date.parse(build.servedAt) : Number.MAX_SAFE_INTEGER;
    const left = Math.ceil((this.#options.requestTimeoutMs - since) / 1_000);
    if (left > 0) {
      throw new NotReady(`${buildName(build)} was live until a moment ago, and running queries may still read it. Try again in ${left} s.`);
    }
    if (this.#readModels.has(build) && wouldBeRebuilt(build, records)) {
      throw new NotReady(
        `${buildName(build)} was rolled back. If it were dropped, version ${build.version} would be built again and become live. Deploy a program without that version first.`,
      );
    }
    await (await this.#writer()).drop(build);
    return idOfRecord(build);
  }

  async close(): Promise<void> {
    await (await this.#opened)?.close();
  }

  /**
   * Under steady writes the live build is often ahead for a moment: retries while a projector advances the builds.
   * @throws NotReady when the build remains behind
   */
  async #makeLive(build: BuildRecord): Promise<BuildId> {
    const writer = await this.#writer();
    for (const deadline = performance.now() + CATCH_UP_MS; ;) {
      try {
        await writer.cutOver(build);
        return idOfRecord(build);
      } catch (failure) {
        if (!(failure instanceof NotReady) || performance.now() > deadline) throw failure;
        if ((await this.unprojected([build.name])).length > 0) throw failure;
        await sleep(RETRY_MS);
      }
    }
  }

  /** @throws NotReady when this program does not have the build's version */
  #mustHave(build: BuildRecord): void {
    if (this.#readModels.has(build)) return;
    throw new NotReady(
      `This program does not have version ${build.version} of ${build.name} as ${buildName(build)} was built: it can neither answer from it nor keep it up to date. Deploy the program that has it, and roll back with that.`,
    );
  }

  #writer(): Promise<ViewWriter> {
    this.#opened ??= this.#options.writer();
    return this.#opened;
  }
}

/** The build of this number; without one, the last served build that `fits`. @throws NotFound */
function select(
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
    throw new NotFound('build', `${name} was never built. ${howToBuild([name])}`);
  }
  const existing = records.map((record) => `${buildName(record)} (${record.state})`).join(', ') || 'none';
  throw new NotFound('build', `${name} has no build ${number === undefined ? `that ${what}` : number}; there are: ${existing}.`);
}

/** What to do about read models that were never built. */
function howToBuild(names: readonly string[]): string {
  const them = names.length === 1 ? 'it' : 'them';
  return `A server builds ${them} when it starts; so does \`daybook projections rebuild ${names.join(' ')}\`.`;
}

function idOfRecord({ name, version, number }: BuildRecord): BuildId {
  return { name, version, number };
}
