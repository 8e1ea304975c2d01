/** Runs a mapping: each step becomes an ordinary command, run once, so that importing again changes nothing and goes on where it was cut short. */
import { InvalidInput } from '../kernel/input.js';
import { Rejection } from '../kernel/rejection.js';
import type { EventLog } from '../log/port.js';
import type { CommandPipeline, Outcome } from '../pipeline/command-pipeline.js';
import type { Refusal } from '../policies/reactor.js';
import { countEvents, mustTakeHistory } from './carried-over.js';
import { InvalidValue } from './expression.js';
import type { Mapping } from './mapping.js';
import { plan, type PlannedRecord, type PlannedStep } from './plan.js';
import { mayRunWith, prepareStep, standsAlone, streamOf, type Circumstances, type PreparedStep } from './prepared-step.js';
import { Rejects } from './rejects.js';
import { reportOf, type Counts, type ImportReport } from './report.js';

export interface ImportOptions {
  readonly log: EventLog;
  readonly pipeline: CommandPipeline;
  /** What process managers were refused since the last call. */
  readonly refusals: () => readonly Refusal[];
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
export class SetupRefused extends Error {
  override readonly name = 'SetupRefused';
}

/** How many commands run at once, at most. */
const AT_ONCE = 64;

/**
 * Imports what a mapping says.
 * @throws HistoryNotEmpty, SetupRefused; LogUnavailable when the log can't be written (what was written stays; import again to go on).
 */
export async function runImport(mapping: Mapping, options: ImportOptions): Promise<ImportReport> {
  const { log, asHistory, clock = Date.now, onProgress, signal } = options;
  const began = clock();
  const actor = `import:${mapping.name}`;
  if (asHistory) await mustTakeHistory(log, actor);
  const before = await log.head();
  const planned = plan(mapping, began);
  const circumstances = { mapping: mapping.name, actor, importedAt: asHistory ? new Date(began).toISOString() : undefined };
  const run = new Run(planned.steps, circumstances, options);
  try {
    while (!run.finished && signal?.aborted !== true) {
      await run.advance();
      onProgress?.(run.done, planned.steps.length);
    }
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

/** The steps on their way. */
class Run {
  readonly counts: Counts = { run: 0, alreadyThere: 0, unchanged: 0, rejected: 0, notRun: 0 };
  readonly rejects: Rejects;
  done = 0;
  readonly #failed = new Set<PlannedRecord>();
  readonly #stepsOf = new Map<PlannedRecord, PlannedStep[]>();

  constructor(
    private readonly steps: readonly PlannedStep[],
    private readonly circumstances: Circumstances,
    private readonly options: Pick<ImportOptions, 'log' | 'pipeline' | 'refusals' | 'rejectsFile'>,
  ) {
    this.rejects = new Rejects(options.rejectsFile);
    for (const step of steps) {
      const ofRecord = this.#stepsOf.get(step.record);
      if (ofRecord) ofRecord.push(step);
      else this.#stepsOf.set(step.record, [step]);
    }
  }

  get finished(): boolean {
    return this.done === this.steps.length;
  }

  /** Runs the next command, or the next ones that may run at once. */
  async advance(): Promise<void> {
    const group: PreparedStep[] = [];
    while (!this.finished && group.length < AT_ONCE) {
      const step = this.steps[this.done];
      if (!step || (group[0] && !mayRunWith(step, group[0]))) break;
      this.done++;
      const prepared = this.#prepare(step);
      if (!prepared) continue;
      group.push(prepared);
      if (!standsAlone(prepared)) break;
    }
    const results = await Promise.allSettled(group.map(({ command, request }) => this.options.pipeline.execute(command, request)));
    const refusals = this.options.refusals();
    for (const [index, prepared] of group.entries()) {
      const result = results[index];
      if (result) await this.#settle(prepared, result, refusals);
    }
  }

  #prepare(step: PlannedStep): PreparedStep | undefined {
    if (this.#failed.has(step.record)) return undefined;
    try {
      return prepareStep(step, this.circumstances);
    } catch (error) {
      if (error instanceof InvalidValue) this.#reject(step, 'INVALID_VALUE', sentence(error.message));
      else if (error instanceof InvalidInput) {
        this.#reject(step, 'INVALID_INPUT', sentence(error.problems.map(({ message }) => message).join('; ')));
      } else throw error;
      return undefined;
    }
  }

  async #settle(prepared: PreparedStep, result: PromiseSettledResult<Outcome>, refusals: readonly Refusal[]): Promise<void> {
    const { step, commandId } = prepared;
    if (result.status === 'rejected') {
      if (!(result.reason instanceof Rejection)) throw result.reason as Error;
      const { code, message } = result.reason;
      if (code === 'COMMAND_ID_REUSED') this.#reject(step, code, changedRow(step));
      else if (await this.#wasPassed(step)) this.counts.unchanged++;
      else this.#reject(step, code, message);
      return;
    }
    if (result.value.repeated) this.counts.alreadyThere++;
    else if (result.value.appended > 0) this.counts.run++;
    else this.counts.unchanged++;
    const refusal = refusals.find(({ event }) => event.metadata.correlationId === commandId);
    if (!refusal) return;
    const { policy, step: part, rejection } = refusal;
    this.#reject(
      step,
      rejection.code,
      `The step was done, but what follows from it was refused (${policy}, ${part}): ${rejection.message}`,
    );
  }

  /**
   * Whether a later step of the record was run by an earlier import. Then this one was taken too and had nothing to change, which leaves
   * no trace: that it would be refused now, after what came later, says nothing.
   */
  async #wasPassed(step: PlannedStep): Promise<boolean> {
    for (const later of this.#after(step)) {
      let prepared;
      try {
        prepared = prepareStep(later, this.circumstances);
      } catch (error) {
        if (error instanceof InvalidValue || error instanceof InvalidInput) continue;
        throw error;
      }
      const events = await this.options.log.readStream(streamOf(prepared));
      if (events.some(({ metadata }) => metadata.commandId === prepared.commandId)) return true;
    }
    return false;
  }

  #reject(step: PlannedStep, code: string, reason: string): void {
    const { record } = step;
    if (record.mapping === undefined) {
      throw new SetupRefused(`The setup step ${step.step.name} was refused (${code}): ${reason} Nothing of the records was imported.`);
    }
    this.#failed.add(record);
    const notRun = this.#after(step).map((later) => later.step.name);
    const source = record.mapping.from.spec.name;
    this.rejects.add({ source, line: record.row?.line, key: record.row?.key ?? '', step: step.step.name, code, reason, notRun });
    this.counts.rejected++;
    this.counts.notRun += notRun.length;
  }

  #after(step: PlannedStep): readonly PlannedStep[] {
    const steps = this.#stepsOf.get(step.record) ?? [];
    return steps.slice(steps.indexOf(step) + 1);
  }
}

function changedRow({ record }: PlannedStep): string {
  const where = record.mapping === undefined ? 'the mapping' : 'the row';
  return (
    `This step was imported before, and what it takes from ${where} has changed since. An import does not change what it has imported: ` +
    'make the change with a command, or put back the old values.'
  );
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
