/**
 * Carries events from the log to the builds of read models. Builds that keep up are projected together as events arrive; those that are
 * behind are brought up beside them, all in one pass over the log, in a bounded share of the time. What has caught up takes over.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Definitions } from '../../contracts/index.js';
import { toCurrent, type Position, type RecordedEvent } from '../kernel/event.js';
import type { Projection } from '../kernel/projection.js';
import type { EventLog } from '../log/port.js';
import { idOf, isOf, newestVersions, type Build, type BuildRecord } from '../views/builds.js';
import { DocumentRefused, LeaseLost } from '../views/errors.js';
import type { Lease, ViewReader, ViewWriter } from '../views/port.js';
import { Bell } from './bell.js';
import { Completions } from './completions.js';
import { concerns, decisionTypes, groupsOf, tryAgain, typesOf, type Decision } from './decisions.js';
import { Indivisible, leaseNameOf, standsAt, workOf } from './division.js';
import type { Readable } from './fold.js';
import { Health } from './health.js';
import { newHolder } from './holders.js';
import { LeaseKeeper } from './leases.js';
import { parkedKeys } from './parked-documents.js';
import { readable, Run, type Batch } from './run.js';
import { Share } from './share.js';
import { surplus, takeOver } from './take-over.js';
import { Tail } from './tail.js';
import { isTaken } from './taken.js';

export interface ProjectorOptions {
  readonly log: EventLog;
  readonly views: ViewWriter;
  readonly reader: Pick<ViewReader, 'parked' | 'waiting'>;
  /** Of every version that the program has; the newest of each read model is the one that is built. */
  readonly projections: readonly Projection[];
  /** Of the events in the log; this program's own when absent. */
  readonly definitions?: Definitions;
  /** Events per page and so per commit while catching up. */
  readonly pageSize?: number;
  /** See `newHolder`. */
  readonly holder?: string;
  /** Share the read models with other projectors, instead of taking all that are free. */
  readonly spread?: boolean;
  /** Whether a build that has caught up becomes the live one by itself. True unless said otherwise. */
  readonly cutOver?: boolean;
  /** The part of the time that builds which are behind may take while events arrive, in percent; 50 unless said otherwise. */
  readonly rebuildShare?: number;
  /** Builds that were live before and are kept of each read model; 1 unless said otherwise. */
  readonly retired?: number;
  /** How long after a build stopped answering queries may still read it, in milliseconds: it is not let go before; 30,000 unless said otherwise. */
  readonly graceMs?: number;
  /** Documents of a build that may wait before it stops; 1,000 unless said otherwise. */
  readonly parkedLimit?: number;
  /** How many projectors bring up one build together, where the store takes writes from several: its partitions. 1 unless said otherwise. */
  readonly rebuildPartitions?: number;
  /** Told of a failure that is tried again. */
  readonly onRetry?: (failure: unknown) => void;
  /** Told of a build that stopped. */
  readonly onStop?: (build: string, error: string) => void;
  readonly onBatch?: (batch: BatchReport) => void;
}

export interface CatchUpOptions {
  /** How far; to the end of the log when absent. */
  readonly to?: Position;
  /** @param done where the last build stands */
  readonly onProgress?: (done: Position, target: Position) => void;
  readonly signal?: AbortSignal;
}

export interface BatchReport {
  readonly model: string;
  readonly version: number;
  readonly events: number;
  readonly milliseconds: number;
}

/** How often the register and the end of the log are looked at, in milliseconds. */
const LOOK_EVERY_MS = 200;

/** How long a session goes on until it is well though nothing happens, in milliseconds: what there is to do has arrived by then. */
const SETTLED_MS = 5_000;

export class Projector {
  readonly #options: ProjectorOptions;
  readonly #leases: LeaseKeeper;
  readonly #read: (event: RecordedEvent) => Readable;
  readonly #runs = new Map<string, Run>();
  readonly #share: Share;
  readonly #health = new Health();
  /** Rings when there is something to look at before the next look is due. */
  readonly #bell = new Bell();
  readonly #completions: Completions;
  #head: Position = 0;
  /** The tokens of the leases that `#runs` were made under. */
  #tokens = new Map<string, number>();
  /** The names of the leases of all partitions that there are. */
  #partitions: readonly string[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;
  #changed = false;

  constructor(options: ProjectorOptions) {
    this.#options = options;
    this.#share = new Share({ percent: options.rebuildShare ?? 50, pageSize: options.pageSize ?? 2_000 });
    this.#read = (event) => readable(event, (recorded) => toCurrent(recorded, options.definitions));
    this.#completions = new Completions(options.views, () => {
      this.#lookedAt = Number.NEGATIVE_INFINITY;
      this.#bell.ring();
    });
    const names = new Set(options.projections.map(({ model }) => model.name));
    this.#leases = new LeaseKeeper({
      store: options.views,
      names: () => [...names, ...this.#partitions],
      holder: options.holder ?? newHolder(),
      spread: options.spread ?? false,
      healthy: () => this.#health.mayGoOn(),
      onChange: () => {
        this.#changed = true;
      },
      onRetry: (failure) => options.onRetry?.(failure),
    });
  }

  /** Projects until the signal aborts; failures of log or store are tried again, from the store's own checkpoints. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#leases.renew().catch((failure: unknown) => this.#options.onRetry?.(failure));
    const keeping = this.#leases.keep(signal);
    let pause = 50;
    while (!signal.aborted) {
      try {
        await this.#session(signal);
        pause = 50;
      } catch (failure) {
        if (signal.aborted) break;
        this.#startOver();
        if (!isTaken(failure)) {
          this.#health.failed();
          this.#options.onRetry?.(failure);
        }
        await sleep(pause, undefined, { signal }).catch(() => undefined);
        pause = Math.min(pause * 2, 5_000);
      }
    }
    await keeping;
    await this.#leases.end();
  }

  /**
   * Projects what the log holds now, or up to a position, lets what has caught up take over, and returns where it stands.
   * @throws LeaseLost when another projector works.
   */
  async catchUp({ to, onProgress, signal }: CatchUpOptions = {}): Promise<Position> {
    await this.#leases.renew();
    try {
      await this.#look();
      for (const { model } of this.#options.projections) if (!this.#leases.lease(model.name)) throw new LeaseLost(model.name);
      const target = Math.min(to ?? this.#head, this.#head);
      for (let behind = this.#behind(target); behind.length > 0; behind = this.#behind(target)) {
        signal?.throwIfAborted();
        await this.#catchUpPage(behind, target, this.#options.pageSize ?? 2_000);
        onProgress?.(Math.min(...behind.map(({ position }) => position)), target);
        if (this.#due()) {
          await this.#leases.renew();
          await nextTurn();
          this.#lookedAt = performance.now();
        }
      }
      while (!(await this.#promote())) {
        await this.#bell.heard(LOOK_EVERY_MS);
        signal?.throwIfAborted();
        await this.#leases.renew();
      }
      await this.#look();
      return target;
    } finally {
      await this.#leases.release();
    }
  }

  /** Projects with what the register and the leases are now; ends when either changes. */
  async #session(signal: AbortSignal): Promise<void> {
    const began = performance.now();
    await this.#look();
    this.#changed = false;
    if (this.#working().length === 0) {
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      return;
    }
    let frontier = Math.max(...this.#whole().map(({ position }) => position));
    if (frontier < 0) frontier = this.#head;
    const { log, projections, pageSize: limit = 2_000 } = this.#options;
    const tail = new Tail(log, frontier, { limit, types: typesOf(projections), signal, onNews: () => this.#bell.ring() });
    try {
      await this.#promote();
      while (!signal.aborted && !this.#changed) {
        const { arrived } = tail;
        if (arrived) {
          if (arrived.done) return;
          const page = arrived.value;
          await this.#project(this.#atLeast(frontier), page.events, page.position);
          frontier = page.position;
          if (this.#whole().length > 0) this.#share.arrived(page.events.length);
          tail.goOn();
        } else {
          const behind = this.#behind(frontier);
          const wait = behind.length > 0 ? this.#share.pause() : LOOK_EVERY_MS;
          if (wait > 0) await this.#bell.heard(wait);
          else {
            await this.#share.measure((size) => this.#catchUpPage(behind, frontier, size));
            await nextTurn();
          }
        }
        if (this.#due()) {
          // By the end of the log as it was last seen: under steady traffic nobody ever stands at the end as it is now.
          await this.#promote(frontier);
          await this.#look();
          if (performance.now() - began > SETTLED_MS) this.#health.succeeded();
        }
      }
    } finally {
      await tail.close();
    }
  }

  #working(): readonly Run[] {
    return [...this.#runs.values()].filter(({ progress }) => progress.error === null);
  }

  /** Those that follow the log once they have caught up: all but partitions. */
  #whole(): readonly Run[] {
    return this.#working().filter(({ build }) => build.partition === undefined);
  }

  #atLeast(position: Position): readonly Run[] {
    return this.#whole().filter((run) => run.position >= position);
  }

  #behind(position: Position): readonly Run[] {
    return this.#working().filter((run) => run.position < Math.min(position, run.until));
  }

  #due(): boolean {
    return performance.now() - this.#lookedAt > LOOK_EVERY_MS;
  }

  /** Reads the register and the end of the log, begins what is not there yet, and takes up what is. */
  async #look(): Promise<void> {
    const { log, views, reader, projections, parkedLimit = 1_000, retired = 1, graceMs = 30_000 } = this.#options;
    let records = await views.builds();
    // After the register: a build that is beyond it then was made of another log.
    this.#head = await log.head();
    const leased = projections.filter(({ model }) => this.#leases.lease(model.name) !== undefined);
    const names = new Set(leased.map(({ model }) => model.name));
    let stale = false;
    for (const { model } of newestVersions(leased)) {
      if (records.some((record) => isOf(record, model))) continue;
      await views.begin(model);
      stale = true;
    }
    for (const name of names) {
      for (const record of surplus(records, name, retired, graceMs)) {
        await views.drop(record);
        stale = true;
      }
    }
    for (const record of records) stale = (await this.#divideOrJoin(record)) || stale;
    if (stale) records = await views.builds();
    const work = records.flatMap((record) => this.#workOf(record));
    this.#partitions = [...new Set(work.flatMap(({ build }) => (build.partition === undefined ? [] : [leaseNameOf(build)])))];
    // Under another token somebody else may have worked in between.
    const tokens = new Map([...names, ...this.#partitions].map((name) => [name, this.#leases.lease(name)?.token ?? 0]));
    for (const [id, { build }] of this.#runs) {
      const name = leaseNameOf(build);
      if (tokens.get(name) !== this.#tokens.get(name)) this.#runs.delete(id);
    }
    this.#tokens = tokens;
    const seen = new Set<string>();
    for (const { record, projection, build } of work) {
      const lease = leaseNameOf(build);
      if (!this.#leases.lease(lease)) continue;
      const id = `${lease} ${record.number}`;
      seen.add(id);
      const known = this.#runs.get(id);
      if (known && known.position === standsAt(build, record)) {
        known.record = record;
        continue;
      }
      this.#changed ||= known === undefined;
      const parked = await parkedKeys(reader, build, standsAt(build, record));
      const run = new Run({ projection, build, record, views, parked, parkedLimit });
      this.#runs.set(id, run);
      if (run.position > this.#head && run.position > (await log.end())) await this.#beginAnew(run);
    }
    for (const id of this.#runs.keys()) {
      if (seen.has(id)) continue;
      this.#runs.delete(id);
      this.#changed = true;
    }
    this.#lookedAt = performance.now();
  }

  /** What there is to work on of a build that the program has the version of. */
  #workOf(record: BuildRecord): readonly { readonly record: BuildRecord; readonly projection: Projection; readonly build: Build }[] {
    const projection = this.#options.projections.find(({ model }) => isOf(record, model));
    if (!projection) return [];
    return workOf({ model: projection.model, number: record.number }, record).map((build) => ({ record, projection, build }));
  }

  /** Divides a build that has not begun, and puts one together that is there. @returns whether the register changed */
  async #divideOrJoin(record: BuildRecord): Promise<boolean> {
    const { views, projections, rebuildPartitions = 1 } = this.#options;
    const model = projections.find((projection) => isOf(record, projection.model))?.model;
    const lease = model && this.#leases.lease(model.name);
    if (!lease || !views.division) return false;
    const build = { model, number: record.number };
    if (record.divided) return record.position >= record.divided.until && views.division.join(build, lease);
    if (rebuildPartitions === 1 || record.state !== 'building' || record.position > 0 || this.#head === 0) return false;
    return views.division.divide(build, rebuildPartitions, this.#head, lease);
  }

  /** The log was put back to an earlier state, or replaced: what was made of the other one is void. */
  async #beginAnew(run: Run): Promise<void> {
    // What was begun for the documents that it had must not make it fit to serve without them.
    await this.#completions.ended(run.build);
    await this.#options.views.reset(run.build, await this.#leaseOf(run));
    run.position = 0;
    run.progress = { ...run.progress, events: 0, finishedAt: null };
    run.parked.clear();
  }

  /** One page for all that are behind, from where the last of them is. */
  async #catchUpPage(behind: readonly Run[], target: Position, size: number): Promise<void> {
    const from = Math.min(...behind.map(({ position }) => position));
    const types = typesOf(behind.map(({ projection }) => projection));
    const page = await this.#options.log.readAll(from, size, types);
    const to = Math.min(page.position, target);
    await this.#project(
      behind.filter(({ position }) => position < to),
      page.events.filter(({ position }) => position <= to),
      to,
    );
  }

  /** Projects events, in order, up to a position. Decisions of operators are carried out at their place. */
  async #project(runs: readonly Run[], events: readonly RecordedEvent[], to: Position): Promise<void> {
    const page = events.map(this.#read);
    const decisions: number[] = [];
    for (const [index, { type }] of events.entries()) if (decisionTypes.includes(type)) decisions.push(index);
    let from = 0;
    for (const index of decisions) {
      const decided = page[index];
      if (!decided || 'failure' in decided) continue;
      const before = page[index - 1]?.event.position;
      if (before !== undefined) await this.#projectPart(runs, page.slice(from, index), before);
      from = index + 1;
      for (const run of runs) {
        const { position } = decided.event;
        if (run.progress.error !== null || run.position >= position || run.until < position) continue;
        if (concerns(decided.current, run)) await this.#carryOut(run, decided.current);
      }
    }
    await this.#projectPart(runs, from === 0 ? page : page.slice(from), to);
  }

  async #projectPart(runs: readonly Run[], page: readonly Readable[], to: Position): Promise<void> {
    const batches: Batch[] = [];
    const started = performance.now();
    for (const run of runs) {
      if (run.progress.error === null && run.position < Math.min(to, run.until)) batches.push(await this.#fold(run, page, to));
    }
    if (batches.length > 0) await this.#commit(batches, page, to, started);
  }

  async #fold(run: Run, page: readonly Readable[], to: Position): Promise<Batch> {
    const lease = await this.#leaseOf(run);
    try {
      return await run.fold(page, Math.min(to, run.until), this.#head, lease);
    } catch (failure) {
      if (failure instanceof Indivisible) await this.#options.views.reset(run.build, lease);
      throw failure;
    }
  }

  /** Commits all together. What the store can't take is folded again with that event parked. */
  async #commit(batches: readonly Batch[], page: readonly Readable[], to: Position, started: number): Promise<void> {
    for (let rest = batches; ;) {
      try {
        await this.#options.views.commit(rest.map(({ commit }) => commit));
        this.#health.succeeded();
        for (const batch of rest) {
          const { run, commit } = batch;
          const { name: model, version } = run.build.model;
          const events = commit.progress.events - run.progress.events;
          run.committed(batch);
          this.#options.onBatch?.({ model, version, events, milliseconds: performance.now() - started });
          if (run.progress.error !== null) await this.#stop(run, run.progress.error);
        }
        return;
      } catch (failure) {
        if (!(failure instanceof DocumentRefused)) throw failure;
        const refused = rest.find(({ run }) => run.name === failure.build && run.isMine(failure.key));
        if (!refused) throw failure;
        refused.run.refuse(failure);
        const again = await this.#fold(refused.run, page, to);
        rest = rest.map((batch) => (batch === refused ? again : batch));
      }
    }
  }

  /** A decision about documents that wait. The checkpoint passes it when all of them have been tried. */
  async #carryOut(run: Run, decision: Decision): Promise<void> {
    for (const keys of groupsOf(decision, run)) {
      const refused: DocumentRefused[] = [];
      for (;;) {
        try {
          await this.#tryAgain(run, keys, decision, refused);
          break;
        } catch (failure) {
          if (!(failure instanceof DocumentRefused)) throw failure;
          refused.push(failure);
        }
      }
    }
  }

  /** @throws DocumentRefused when the store can't take what comes of it: what was committed before that stays */
  async #tryAgain(run: Run, keys: readonly string[], decision: Decision, refused: readonly DocumentRefused[]): Promise<void> {
    const { log, reader, views } = this.#options;
    const waiting: ViewReader['waiting'] = (build, of, options) => reader.waiting(build, of, options);
    for await (const { folded, free } of tryAgain(run, keys, decision, { log, waiting, read: this.#read, refused })) {
      await views.commit([run.commit(folded, run.position, {}, await this.#leaseOf(run))]);
      run.forget();
      for (const key of free) run.parked.delete(key);
    }
  }

  /** Says in the register why a build does not go on. */
  async #stop(run: Run, error: string): Promise<void> {
    const lease = await this.#leaseOf(run);
    await this.#options.views.commit([run.commit({ changes: [], parking: [] }, run.position, { error }, lease)]);
    this.#options.onStop?.(run.name, error);
  }

  /**
   * What has caught up is made fit to serve, which goes on beside, and takes over when it is and may.
   * @param frontier where the builds stand that follow the log: what is said to be ready stands with the live one from then on
   * @returns whether all that has caught up is fit to serve
   */
  async #promote(frontier: Position = 0): Promise<boolean> {
    const { views, cutOver = true } = this.#options;
    let all = true;
    for (const run of this.#atLeast(Math.max(this.#head, frontier))) {
      if (!(await this.#isComplete(run))) all = false;
      else if (cutOver && (run.record.state === 'building' || run.record.state === 'ready')) {
        if (await takeOver(views, idOf(run.build))) this.#changed = true;
      }
    }
    return all;
  }

  async #isComplete(run: Run): Promise<boolean> {
    if (run.progress.finishedAt !== null) return true;
    if (!this.#completions.isDone(run.build, await this.#leaseOf(run))) return false;
    run.progress = { ...run.progress, finishedAt: new Date().toISOString() };
    return true;
  }

  /** The lease to work under; taken again where this thread worked for longer than it lasts, if nobody else has it. @throws LeaseLost */
  async #leaseOf({ build }: Run): Promise<Lease> {
    const name = leaseNameOf(build);
    if (!this.#leases.lease(name)) await this.#leases.renew();
    const lease = this.#leases.lease(name);
    if (!lease) throw new LeaseLost(name);
    return lease;
  }

  /** Everything in memory may be wrong: the store is asked again. */
  #startOver(): void {
    this.#runs.clear();
  }
}
