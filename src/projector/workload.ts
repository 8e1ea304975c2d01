/** The builds that a projector works on: what the register has, what is not there yet, and what its leases let it do. */
import type { Position } from '../kernel/event.js';
import type { Projection } from '../kernel/projection.js';
import { isOf, newestVersions, type Build, type BuildRecord } from '../views/builds.js';
import type { Completions } from './completions.js';
import { leaseNameOf, standsAt, workOf } from './division.js';
import type { LeaseKeeper } from './leases.js';
import type { ProjectorOptions } from './options.js';
import { parkedKeys } from './parked-documents.js';
import { Run } from './run.js';
import { surplus } from './take-over.js';

/** How often the register and the end of the log are looked at, in milliseconds. */
export const LOOK_EVERY_MS = 200;

export interface WorkloadOptions extends Pick<
  ProjectorOptions,
  'log' | 'views' | 'reader' | 'projections' | 'retired' | 'graceMs' | 'parkedLimit' | 'rebuildPartitions'
> {
  readonly leases: Pick<LeaseKeeper, 'lease' | 'hold'>;
  readonly completions: Pick<Completions, 'ended'>;
}

/** A build of a version that the program has, or a partition of one. */
interface Work {
  readonly record: BuildRecord;
  readonly projection: Projection;
  readonly build: Build;
}

export class Workload {
  /** Whether there is other work than there was, or other leases, since it was last set to false. */
  changed = false;
  readonly #options: WorkloadOptions;
  readonly #runs = new Map<string, Run>();
  #head: Position = 0;
  /** The tokens of the leases that `#runs` were made under. */
  #tokens = new Map<string, number>();
  /** The names of the leases of all partitions that there are. */
  #partitions: readonly string[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  /** The end of the log when it was last looked at. */
  get head(): Position {
    return this.#head;
  }

  /** The names of all leases that there are to take. */
  leaseNames(): readonly string[] {
    return [...new Set(this.#options.projections.map(({ model }) => model.name)), ...this.#partitions];
  }

  working(): readonly Run[] {
    return [...this.#runs.values()].filter(({ progress }) => progress.error === null);
  }

  /** Those that follow the log once they have caught up: all but partitions. */
  whole(): readonly Run[] {
    return this.working().filter(({ build }) => build.partition === undefined);
  }

  atLeast(position: Position): readonly Run[] {
    return this.whole().filter((run) => run.position >= position);
  }

  behind(position: Position): readonly Run[] {
    return this.working().filter((run) => run.position < Math.min(position, run.until));
  }

  /** Whether it is time to reconcile again. */
  isDue(): boolean {
    return performance.now() - this.#lookedAt > LOOK_EVERY_MS;
  }

  /** There is something to see now. */
  makeDue(): void {
    this.#lookedAt = Number.NEGATIVE_INFINITY;
  }

  /** What there is to see can wait for as long again. */
  putOff(): void {
    this.#lookedAt = performance.now();
  }

  /** Everything in memory may be wrong: the store is asked again. */
  startOver(): void {
    this.#runs.clear();
  }

  /** Reads the register and the end of the log, begins what is not there yet, and takes up what is. */
  async reconcile(): Promise<void> {
    const { log, views, projections, leases } = this.#options;
    let records = await views.builds();
    // After the register: a build that is beyond it then was made of another log.
    this.#head = await log.head();
    const leased = projections.filter(({ model }) => leases.lease(model.name) !== undefined);
    const names = new Set(leased.map(({ model }) => model.name));
    if (await this.#changeRegister(records, leased, names)) records = await views.builds();
    const work = records.flatMap((record) => this.#workOf(record));
    this.#partitions = [...new Set(work.flatMap(({ build }) => (build.partition === undefined ? [] : [leaseNameOf(build)])))];
    this.#forgetOthers(names);
    await this.#takeUp(work);
    this.putOff();
  }

  /** Begins what is not there, drops what is left over, divides and joins. @returns whether the register changed */
  async #changeRegister(records: readonly BuildRecord[], leased: readonly Projection[], names: ReadonlySet<string>): Promise<boolean> {
    const { views, retired = 1, graceMs = 30_000 } = this.#options;
    let changed = false;
    for (const { model } of newestVersions(leased)) {
      if (records.some((record) => isOf(record, model))) continue;
      await views.begin(model);
      changed = true;
    }
    for (const name of names) {
      for (const record of surplus(records, name, retired, graceMs)) {
        await views.drop(record);
        changed = true;
      }
    }
    for (const record of records) changed = (await this.#divideOrJoin(record)) || changed;
    return changed;
  }

  /** Divides a build that has not begun, and puts one together that is there. @returns whether the register changed */
  async #divideOrJoin(record: BuildRecord): Promise<boolean> {
    const { views, projections, leases, rebuildPartitions = 1 } = this.#options;
    const model = projections.find((projection) => isOf(record, projection.model))?.model;
    const lease = model && leases.lease(model.name);
    if (!lease || !views.division) return false;
    const build = { model, number: record.number };
    if (record.divided) return record.position >= record.divided.until && views.division.join(build, lease);
    if (rebuildPartitions === 1 || record.state !== 'building' || record.position > 0 || this.#head === 0) return false;
    return views.division.divide(build, rebuildPartitions, this.#head, lease);
  }

  /** What there is to work on of a build that the program has the version of. */
  #workOf(record: BuildRecord): readonly Work[] {
    const projection = this.#options.projections.find(({ model }) => isOf(record, model));
    if (!projection) return [];
    return workOf({ model: projection.model, number: record.number }, record).map((build) => ({ record, projection, build }));
  }

  /** Under another token somebody else may have worked in between: what was known of such a build is asked again. */
  #forgetOthers(names: ReadonlySet<string>): void {
    const tokens = new Map([...names, ...this.#partitions].map((name) => [name, this.#options.leases.lease(name)?.token ?? 0]));
    for (const [id, { leaseName }] of this.#runs) if (tokens.get(leaseName) !== this.#tokens.get(leaseName)) this.#runs.delete(id);
    this.#tokens = tokens;
  }

  /** Goes on with the work that the leases are held for, where the register says that it stands, and lets go of all other. */
  async #takeUp(work: readonly Work[]): Promise<void> {
    const seen = new Set<string>();
    for (const each of work) {
      const { build, record } = each;
      const lease = leaseNameOf(build);
      if (!this.#options.leases.lease(lease)) continue;
      const id = `${lease} ${record.number}`;
      seen.add(id);
      const known = this.#runs.get(id);
      if (known && known.position === standsAt(build, record)) known.record = record;
      else await this.#begin(id, each);
    }
    for (const id of this.#runs.keys()) {
      if (seen.has(id)) continue;
      this.#runs.delete(id);
      this.changed = true;
    }
  }

  async #begin(id: string, { projection, build, record }: Work): Promise<void> {
    const { log, views, reader, parkedLimit = 1_000 } = this.#options;
    this.changed ||= !this.#runs.has(id);
    const parked = await parkedKeys(reader, build, standsAt(build, record));
    const run = new Run({ projection, build, record, views, parked, parkedLimit });
    this.#runs.set(id, run);
    if (run.position > this.#head && run.position > (await log.end())) await this.#beginAnew(run);
  }

  /** The log was put back to an earlier state, or replaced: what was made of the other one is void. */
  async #beginAnew(run: Run): Promise<void> {
    const { views, leases, completions } = this.#options;
    // What was begun for the documents that it had must not make it fit to serve without them.
    await completions.ended(run.build);
    await views.reset(run.build, await leases.hold(run.leaseName));
    run.position = 0;
    run.progress = { ...run.progress, events: 0, finishedAt: null };
    run.parked.clear();
  }
}
