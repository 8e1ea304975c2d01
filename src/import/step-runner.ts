/** What comes of a step: its command is made and run, and where that is refused, nothing more of its record is. */
import { Rejection } from '../kernel/rejection.js';
import type { EventLog } from '../log/port.js';
import type { CommandPipeline, Outcome } from '../pipeline/command-pipeline.js';
import type { Refusal } from '../policies/reactor.js';
import type { PlannedRecord, PlannedStep } from './plan.js';
import { prepareStep, streamOf, type Circumstances, type PreparedStep, type Reason } from './prepared-step.js';

export type Verdict =
  /** `rejected`: the step was done, but what follows from it was refused. */
  | { readonly kind: 'run' | 'alreadyThere' | 'unchanged'; readonly rejected?: Reason }
  | { readonly kind: 'rejected'; readonly rejected: Reason }
  /** An earlier step of its record was rejected. */
  | { readonly kind: 'notRun' };

export interface StepRunnerOptions {
  readonly log: Pick<EventLog, 'readStream'>;
  readonly pipeline: CommandPipeline;
  /** What process managers were refused since the last call. */
  readonly refusals: () => readonly Refusal[];
}

export class StepRunner {
  readonly #failed = new Set<PlannedRecord>();
  readonly #refusals = new Map<string, Refusal>();

  constructor(
    private readonly circumstances: Circumstances,
    private readonly options: StepRunnerOptions,
  ) {}

  /**
   * Runs a step, when those before it of its record are over.
   * @param later the steps of the record that come after it
   * @param earlier resolves when all steps before it are over; undefined when they are
   * @throws what kept the command from being run or refused once and for all
   */
  async run(
    step: PlannedStep,
    prepared: PreparedStep | Reason,
    later: readonly PlannedStep[],
    earlier: Promise<void> | undefined,
  ): Promise<Verdict> {
    if (this.#failed.has(step.record)) return { kind: 'notRun' };
    const verdict =
      'command' in prepared ? await this.#execute(prepared, later, earlier) : ({ kind: 'rejected', rejected: prepared } as const);
    if (verdict.rejected) this.#failed.add(step.record);
    return verdict;
  }

  async #execute(
    prepared: PreparedStep,
    later: readonly PlannedStep[],
    earlier: Promise<void> | undefined,
  ): Promise<Exclude<Verdict, { kind: 'notRun' }>> {
    let outcome: Outcome;
    try {
      outcome = await this.#send(prepared, earlier);
    } catch (refusal) {
      if (!(refusal instanceof Rejection)) throw refusal;
      const { code, message } = refusal;
      if (code === 'COMMAND_ID_REUSED') return { kind: 'rejected', rejected: { code, reason: changedRow(prepared.step) } };
      if (await this.#hasRun(later)) return { kind: 'unchanged' };
      return { kind: 'rejected', rejected: { code, reason: message } };
    }
    const kind = outcome.repeated ? 'alreadyThere' : outcome.appended > 0 ? 'run' : 'unchanged';
    const refusal = this.#refusalOf(prepared);
    if (!refusal) return { kind };
    const { policy, step: part, rejection } = refusal;
    const reason = `The step was done, but what follows from it was refused (${policy}, ${part}): ${rejection.message}`;
    return { kind, rejected: { code: rejection.code, reason } };
  }

  /** A refusal before those before it are over says nothing: what it missed may come of what follows from one of them. */
  async #send({ command, request }: PreparedStep, earlier: Promise<void> | undefined): Promise<Outcome> {
    const { pipeline } = this.options;
    try {
      return await pipeline.execute(command, request);
    } catch (refusal) {
      if (!earlier || !(refusal instanceof Rejection)) throw refusal;
      await earlier;
      return pipeline.execute(command, request);
    }
  }

  #refusalOf({ commandId }: PreparedStep): Refusal | undefined {
    for (const refusal of this.options.refusals()) {
      const { correlationId } = refusal.event.metadata;
      if (!this.#refusals.has(correlationId)) this.#refusals.set(correlationId, refusal);
    }
    const refusal = this.#refusals.get(commandId);
    this.#refusals.delete(commandId);
    return refusal;
  }

  /**
   * Whether one of the later steps of a record was run by an earlier import. Then a step that is refused was taken too and had nothing to
   * change, which leaves no trace: that it would be refused now, after what came later, says nothing.
   */
  async #hasRun(later: readonly PlannedStep[]): Promise<boolean> {
    for (const step of later) {
      const prepared = prepareStep(step, this.circumstances);
      if (!('command' in prepared)) continue;
      const events = await this.options.log.readStream(streamOf(prepared));
      if (events.some(({ metadata }) => metadata.commandId === prepared.commandId)) return true;
    }
    return false;
  }
}

function changedRow({ record }: PlannedStep): string {
  const where = record.mapping === undefined ? 'the mapping' : 'the row';
  return (
    `This step was imported before, and what it takes from ${where} has changed since. An import does not change what it has imported: ` +
    'make the change with a command, or put back the old values.'
  );
}
