/** The builds that a projector works on, by the register and by the leases that it holds. */
import type { Position } from '../kernel/event.js';
import type { Projection } from '../kernel/projection.js';
import { isOf } from '../views/port/build-identity.js';
import { newestVersions } from '../views/serving/versions.js';
import type { Build, BuildRecord } from '../views/port/builds.js';
import type { Finalizations } from './finalization.js';
import { leaseNameOf, positionOf, partitionsOf } from './partitions.js';
import type { LeaseKeeper } from '../leases/keeper.js';
import type { ProjectorOptions } from './options.js';
import { deadLetterKeys } from './read-dead-letters.js';
import { Run } from './run.js';
import { droppable } from './cut-over-rules.js';

/** How often the register and the end of the log are read, in milliseconds. */
export const CHECK_EVERY_MS = 200;

export interface WorkloadOptions extends Pick<
  ProjectorOptions,
  'log' | 'views' | 'reader' | 'projections' | 'retired' | 'graceMs' | 'deadLetterLimit' | 'rebuildPartitions'
> {
  readonly leases: Pick<LeaseKeeper, 'lease' | 'ensure'>;
  readonly finalizations: Pick<Finalizations, 'ended'>;
}

/** A build of a version that the program has, or a partition of one. */
interface Work {
  readonly record: BuildRecord;
  readonly projection: Projection;
  readonly build: Build;
}

export class Workload {
  /** Whether the work or the leases have changed since it was last set to false. */
  changed = false;
  readonly #options: WorkloadOptions;
  readonly #runs = new Map<string, Run>();
  #head: Position = 0;
  /** The tokens of the leases that `#runs` were created under. */
  #tokens = new Map<string, number>();
  /** The lease names of all partitions. */
  #partitions: readonly string[] = [];
  #checkedAt = Number.NEGATIVE_INFINITY;

  constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  /** The end of the log when it was last read. */
  get head(): Position {
    return this.#head;
  }

  /** The names of all leases that there are to acquire. */
  leaseNames(): readonly string[] {
    return [...new Set(this.#options.projections.map(({ model }) => model.name)), ...this.#partitions];
  }

  working(): readonly Run[] {
    return [...this.#runs.values()].filter(({ progress }) => progress.error === null);
  }

  /** Without partitions, which end at their `until`. */
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
    return performance.now() - this.#checkedAt > CHECK_EVERY_MS;
  }

  /** Makes the next check due at once. */
  makeDue(): void {
    this.#checkedAt = Number.NEGATIVE_INFINITY;
  }

  /** Postpones the next check. */
  putOff(): void {
    this.#checkedAt = performance.now();
  }

  /** Discards everything in memory, so that it is read from the store again. */
  clear(): void {
    this.#runs.clear();
  }

  /** Reads the register and the end of the log, creates missing builds, and updates the runs. */
  async reconcile(): Promise<void> {
    const { log, views, projections, leases } = this.#options;
    let records = await views.builds();
    // Read after the register: a build beyond it was made from another log.
    this.#head = await log.head();
    const leased = projections.filter(({ model }) => leases.lease(model.name) !== undefined);
    const names = new Set(leased.map(({ model }) => model.name));
    if (await this.#changeRegister(records, leased, names)) records = await views.builds();
    const work = records.flatMap((record) => this.#workOf(record));
    this.#partitions = [...new Set(work.flatMap(({ build }) => (build.partition === undefined ? [] : [leaseNameOf(build)])))];
    this.#discardStale(names);
    await this.#updateRuns(work);
    this.putOff();
  }

  /** Creates missing builds, drops outdated ones, splits and merges. @returns whether the register changed */
  async #changeRegister(records: readonly BuildRecord[], leased: readonly Projection[], names: ReadonlySet<string>): Promise<boolean> {
    const { views, retired = 1, graceMs = 30_000 } = this.#options;
    let changed = false;
    for (const { model } of newestVersions(leased)) {
      if (records.some((record) => isOf(record, model))) continue;
      await views.begin(model);
      changed = true;
    }
    for (const name of names) {
      for (const record of droppable(records, name, retired, graceMs)) {
        await views.drop(record);
        changed = true;
      }
    }
    for (const record of records) changed = (await this.#splitOrMerge(record)) || changed;
    return changed;
  }

  /** Splits a build that has not begun, and merges one whose partitions have caught up. @returns whether the register changed */
  async #splitOrMerge(record: BuildRecord): Promise<boolean> {
    const { views, projections, leases, rebuildPartitions = 1 } = this.#options;
    const model = projections.find((projection) => isOf(record, projection.model))?.model;
    const lease = model && leases.lease(model.name);
    if (!lease || !views.partitioning) return false;
    const build = { model, number: record.number };
    if (record.partitions) return record.position >= record.partitions.until && views.partitioning.merge(build, lease);
    if (rebuildPartitions === 1 || record.state !== 'building' || record.position > 0 || this.#head === 0) return false;
    return views.partitioning.split(build, rebuildPartitions, this.#head, lease);
  }

  /** The build or its partitions, if the program has its version. */
  #workOf(record: BuildRecord): readonly Work[] {
    const projection = this.#options.projections.find(({ model }) => isOf(record, model));
    if (!projection) return [];
    return partitionsOf({ model: projection.model, number: record.number }, record).map((build) => ({ record, projection, build }));
  }

  /** Discards runs whose lease was held by another process in between. */
  #discardStale(names: ReadonlySet<string>): void {
    const tokens = new Map([...names, ...this.#partitions].map((name) => [name, this.#options.leases.lease(name)?.token ?? 0]));
    for (const [id, { leaseName }] of this.#runs) if (tokens.get(leaseName) !== this.#tokens.get(leaseName)) this.#runs.delete(id);
    this.#tokens = tokens;
  }

  /** Continues the runs whose leases are held and whose positions match the register, begins others, and discards the rest. */
  async #updateRuns(work: readonly Work[]): Promise<void> {
    const seen = new Set<string>();
    for (const each of work) {
      const { build, record } = each;
      const lease = leaseNameOf(build);
      if (!this.#options.leases.lease(lease)) continue;
      const id = `${lease} ${record.number}`;
      seen.add(id);
      const known = this.#runs.get(id);
      if (known && known.position === positionOf(build, record)) known.record = record;
      else await this.#begin(id, each);
    }
    for (const id of this.#runs.keys()) {
      if (seen.has(id)) continue;
      this.#runs.delete(id);
      this.changed = true;
    }
  }

  async #begin(id: string, { projection, build, record }: Work): Promise<void> {
    const { log, views, reader, deadLetterLimit = 1_000 } = this.#options;
    this.changed ||= !this.#runs.has(id);
    const deadLetters = await deadLetterKeys(reader, build, positionOf(build, record));
    const run = new Run({ projection, build, record, views, deadLetters, deadLetterLimit });
    this.#runs.set(id, run);
    if (run.position > this.#head && run.position > (await log.end())) await this.#restart(run);
  }

  /** The log was restored to an earlier state or replaced: the build is rebuilt in place. */
  async #restart(run: Run): Promise<void> {
    const { views, leases, finalizations } = this.#options;
    // A running finalization must not mark the empty build as ready.
    await finalizations.ended(run.build);
    await views.reset(run.build, await leases.ensure(run.leaseName));
    run.position = 0;
    run.erasures = 0;
    run.progress = { ...run.progress, events: 0, finishedAt: null };
    run.deadLetters.clear();
  }
}
