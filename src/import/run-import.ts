/** Runs a mapping: each step becomes an ordinary command, run once, so that importing again changes nothing and goes on where it was cut short. */
import { KnownError } from '../kernel/known-error.js';
import type { EventLog } from '../log/port.js';
import { countEvents, mustTakeHistory } from './carried-over.js';
import type { Mapping } from './mapping.js';
import { plan, type PlannedRecord, type PlannedStep } from './plan.js';
import { prepareStep, touchedBy, type Circumstances, type PreparedStep, type Reason } from './prepared-step.js';
import { Rejects } from './rejects.js';
import { reportOf, type Counts, type ImportReport } from './report.js';
import { StepRunner, type StepRunnerOptions, type Verdict } from './step-runner.js';
import { Turns } from './turns.js';

export interface ImportOptions extends StepRunnerOptions {
  readonly log: EventLog;
  /** Keeps the source's times as recorded times. */
  readonly asHistory: boolean;
  readonly rejectsFile: string;
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops after the commands that run. */
  readonly signal?: AbortSignal;
  /** The present, in milliseconds since 1970. */
  readonly clock?: () => number;
}

/** A step of the setup was refused, so that nothing after it can be right. */
export class SetupRefused extends KnownError {
  override readonly name = 'SetupRefused';
  readonly code = 'SETUP_REFUSED';
}

/** How many steps are on their way at once, at most: as a history one, since recorded times come in the order of the log. */
const AT_ONCE = 512;

/**
 * Imports what a mapping says.
 * @throws HistoryNotEmpty, SetupRefused; LogUnavailable when the log can't be written (what was written stays; import again to go on).
 */
export async function runImport(mapping: Mapping, options: ImportOptions): Promise<ImportReport> {
  const { log, asHistory, clock = Date.now } = options;
  const began = clock();
  const actor = `import:${mapping.name}`;
  if (asHistory) await mustTakeHistory(log, actor);
  const before = await log.head();
  const planned = plan(mapping, began);
  const circumstances = { mapping: mapping.name, actor, importedAt: asHistory ? new Date(began).toISOString() : undefined };
  const run = new Run(planned.steps, circumstances, options);
  try {
    await run.all(asHistory ? 1 : AT_ONCE);
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

/** What came of a step, where it had its turn: `left` when the import was stopped, or failed, before. */
type Outturn = Verdict | { readonly kind: 'left' } | { readonly kind: 'failed'; readonly error: unknown };

/** The steps on their way. */
class Run {
  readonly counts: Counts = { run: 0, alreadyThere: 0, unchanged: 0, rejected: 0, notRun: 0 };
  readonly rejects: Rejects;
  readonly #runner: StepRunner;
  readonly #turns = new Turns();
  readonly #stepsOf = new Map<PlannedRecord, PlannedStep[]>();
  #done = 0;
  #failed = false;
  #failure: unknown;

  constructor(
    private readonly steps: readonly PlannedStep[],
    private readonly circumstances: Circumstances,
    private readonly options: StepRunnerOptions & Pick<ImportOptions, 'rejectsFile' | 'onProgress' | 'signal'>,
  ) {
    this.rejects = new Rejects(options.rejectsFile);
    this.#runner = new StepRunner(circumstances, options);
    for (const step of steps) {
      const ofRecord = this.#stepsOf.get(step.record);
      if (ofRecord) ofRecord.push(step);
      else this.#stepsOf.set(step.record, [step]);
    }
  }

  get finished(): boolean {
    return this.#done === this.steps.length;
  }

  /**
   * Runs the steps, fewer than `atOnce` beyond the first that is not over, each in its turn; what came of them is told in their order.
   * @throws SetupRefused; what kept a command from being run or refused once and for all, when nothing is under way any more
   */
  async all(atOnce: number): Promise<void> {
    const untold: Promise<void>[] = [];
    let told = Promise.resolve();
    for (const [index, step] of this.steps.entries()) {
      if (untold.length >= atOnce) await untold.shift();
      if (this.#stopping) break;
      const prepared = prepareStep(step, this.circumstances);
      const earlier = told;
      const turn = this.#turns.take(touchedBy(step, prepared), () => this.#turn(step, index, prepared, earlier));
      told = earlier.then(async () => this.#tell(step, await turn)).catch((error: unknown) => this.#fail(error));
      untold.push(told);
    }
    await told;
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  get #stopping(): boolean {
    return this.#failed || this.options.signal?.aborted === true;
  }

  async #turn(step: PlannedStep, index: number, prepared: PreparedStep | Reason, earlier: Promise<void>): Promise<Outturn> {
    if (this.#stopping) return { kind: 'left' };
    try {
      const verdict = await this.#runner.run(step, prepared, this.#after(step), this.#done === index ? undefined : earlier);
      if (!('rejected' in verdict) || step.record.mapping !== undefined) return verdict;
      const { code, reason } = verdict.rejected;
      throw new SetupRefused(`The setup step ${step.step.name} was refused (${code}): ${reason} Nothing of the records was imported.`);
    } catch (error) {
      this.#failed = true;
      return { kind: 'failed', error };
    }
  }

  #fail(error: unknown): void {
    this.#failed = true;
    this.#failure ??= error;
  }

  #tell(step: PlannedStep, outturn: Outturn): void {
    if (outturn.kind === 'left') return;
    if (outturn.kind === 'failed') {
      this.#fail(outturn.error);
      return;
    }
    this.#done++;
    if (outturn.kind === 'run' || outturn.kind === 'alreadyThere' || outturn.kind === 'unchanged') this.counts[outturn.kind]++;
    if ('rejected' in outturn) this.#reject(step, outturn.rejected);
    this.options.onProgress?.(this.#done, this.steps.length);
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
