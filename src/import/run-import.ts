/** Runs a mapping. Each step is an ordinary command that runs once, so an import can be repeated, and continues where it was interrupted. */
import { KnownError } from '../kernel/known-error.js';
import type { EventLog } from '../log/port.js';
import { countEvents, assertHistoryAllowed } from './history.js';
import type { Mapping } from './mapping.js';
import { plan, type PlannedRecord, type PlannedStep } from './plan.js';
import { prepareStep, accessesOf, type Circumstances, type PreparedStep, type Reason } from './prepared-step.js';
import { Rejects } from './rejects.js';
import { reportOf, type Counts, type ImportReport } from './report.js';
import { StepRunner, type StepRunnerOptions, type Verdict } from './step-runner.js';
import { OrderedWork } from './ordered-work.js';

export interface ImportOptions extends StepRunnerOptions {
  readonly log: EventLog;
  /** Keeps the source's times as recorded times. */
  readonly asHistory: boolean;
  readonly rejectsFile: string;
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops when the running commands are done. */
  readonly signal?: AbortSignal;
  /** The current time, in milliseconds since 1970. */
  readonly clock?: () => number;
}

/** A step of the setup was rejected. No records were imported, since they depend on it. */
export class SetupRefused extends KnownError {
  override readonly name = 'SetupRefused';
  readonly code = 'SETUP_REFUSED';
}

/** How many steps run at the same time at most. A history runs one by one, since recorded times are in the order of the log. */
const CONCURRENCY = 512;

/**
 * Imports the files of a mapping.
 * @throws HistoryNotEmpty, SetupRefused; LogUnavailable when the log can't be written (what was written stays; import again to continue)
 */
export async function runImport(mapping: Mapping, options: ImportOptions): Promise<ImportReport> {
  const { log, asHistory, clock = Date.now } = options;
  const began = clock();
  const actor = `import:${mapping.name}`;
  if (asHistory) await assertHistoryAllowed(log, actor);
  const before = await log.head();
  const planned = plan(mapping, began);
  const circumstances = { mapping: mapping.name, actor, importedAt: asHistory ? new Date(began).toISOString() : undefined };
  const run = new Run(planned.steps, circumstances, options);
  try {
    await run.all(asHistory ? 1 : CONCURRENCY);
  } finally {
    run.rejects.close();
  }
  return reportOf(mapping, planned, {
    counts: run.counts,
    asHistory,
    events: await countEvents(log, before, actor),
    rejectsFile: run.rejects.count > 0 ? run.rejects.file : undefined,
    seconds: (clock() - began) / 1000,
    stopped: !run.finished,
  });
}

/** The result of a step. `left`: the import had stopped or failed before. */
type StepResult = Verdict | { readonly kind: 'left' } | { readonly kind: 'failed'; readonly error: unknown };

type RunOptions = StepRunnerOptions & Pick<ImportOptions, 'rejectsFile' | 'onProgress' | 'signal'>;

/** One run of an import. */
class Run {
  readonly counts: Counts = { run: 0, alreadyImported: 0, unchanged: 0, rejected: 0, notRun: 0 };
  readonly rejects: Rejects;
  readonly #runner: StepRunner;
  readonly #work = new OrderedWork();
  readonly #stepsOf = new Map<PlannedRecord, PlannedStep[]>();
  #done = 0;
  #failed = false;
  #failure: unknown;

  readonly #steps: readonly PlannedStep[];
  readonly #circumstances: Circumstances;
  readonly #options: RunOptions;

  constructor(steps: readonly PlannedStep[], circumstances: Circumstances, options: RunOptions) {
    this.#steps = steps;
    this.#circumstances = circumstances;
    this.#options = options;
    this.rejects = new Rejects(options.rejectsFile);
    this.#runner = new StepRunner(circumstances, options);
    for (const step of steps) {
      const ofRecord = this.#stepsOf.get(step.record);
      if (ofRecord) ofRecord.push(step);
      else this.#stepsOf.set(step.record, [step]);
    }
  }

  get finished(): boolean {
    return this.#done === this.#steps.length;
  }

  /**
   * Runs the steps, at most `concurrency` at a time. Results are recorded in the order of the steps.
   * @throws SetupRefused; any failure that left a command without a result, once all running commands are done
   */
  async all(concurrency: number): Promise<void> {
    const unrecorded: Promise<void>[] = [];
    let recorded = Promise.resolve();
    for (const [index, step] of this.#steps.entries()) {
      if (unrecorded.length >= concurrency) await unrecorded.shift();
      if (this.#stopping) break;
      const prepared = prepareStep(step, this.#circumstances);
      const earlier = recorded;
      const result = this.#work.run(accessesOf(step, prepared), () => this.#runStep(step, index, prepared, earlier));
      recorded = earlier.then(async () => this.#record(step, await result)).catch((error: unknown) => this.#fail(error));
      unrecorded.push(recorded);
    }
    await recorded;
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  get #stopping(): boolean {
    return this.#failed || this.#options.signal?.aborted === true;
  }

  async #runStep(step: PlannedStep, index: number, prepared: PreparedStep | Reason, earlier: Promise<void>): Promise<StepResult> {
    if (this.#stopping) return { kind: 'left' };
    try {
      const verdict = await this.#runner.run(step, prepared, this.#after(step), this.#done === index ? undefined : earlier);
      if (!('rejected' in verdict) || step.record.mapping !== undefined) return verdict;
      const { code, reason } = verdict.rejected;
      throw new SetupRefused(`The setup step ${step.step.name} was rejected (${code}): ${reason} No records were imported.`);
    } catch (error) {
      this.#failed = true;
      return { kind: 'failed', error };
    }
  }

  #fail(error: unknown): void {
    this.#failed = true;
    this.#failure ??= error;
  }

  #record(step: PlannedStep, result: StepResult): void {
    if (result.kind === 'left') return;
    if (result.kind === 'failed') {
      this.#fail(result.error);
      return;
    }
    this.#done++;
    if (result.kind === 'run' || result.kind === 'alreadyImported' || result.kind === 'unchanged') this.counts[result.kind]++;
    if ('rejected' in result) this.#reject(step, result.rejected);
    this.#options.onProgress?.(this.#done, this.#steps.length);
  }

  #reject(step: PlannedStep, { code, reason }: Reason): void {
    const { mapping, row } = step.record;
    const notRun = this.#after(step).map((later) => later.step.name);
    const source = mapping?.from.spec.name ?? '';
    this.rejects.add({ source, line: row?.line, key: row?.key ?? '', step: step.step.name, code, reason, notRun });
    this.counts.rejected++;
    this.counts.notRun += notRun.length;
  }

  #after(step: PlannedStep): readonly PlannedStep[] {
    const steps = this.#stepsOf.get(step.record) ?? [];
    return steps.slice(steps.indexOf(step) + 1);
  }
}
