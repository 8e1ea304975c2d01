/** Runs the command of a step. After a rejection, the later steps of the same record do not run. */
import { Rejection } from '../kernel/rejection.js';
import type { CommandHandler, Outcome } from '../command-handling/command-handler.js';
import type { Refusal } from '../policies/refusals.js';
import type { PlannedRecord, PlannedStep } from './plan.js';
import { prepareStep, type Circumstances, type PreparedStep, type Reason } from './prepared-step.js';

export type Verdict =
  /** `rejected`: the step ran, but a process manager's command that follows from it was refused. */
  | { readonly kind: 'run' | 'alreadyImported' | 'unchanged'; readonly rejected?: Reason }
  | { readonly kind: 'rejected'; readonly rejected: Reason }
  /** An earlier step of its record was rejected. */
  | { readonly kind: 'notRun' };

export interface StepRunnerOptions {
  readonly commandHandler: CommandHandler;
  /** The commands of process managers that were refused since the last call. */
  readonly refusals: () => readonly Refusal[];
}

export class StepRunner {
  readonly #failed = new Set<PlannedRecord>();
  readonly #refusals = new Map<string, Refusal>();

  readonly #circumstances: Circumstances;
  readonly #options: StepRunnerOptions;

  constructor(circumstances: Circumstances, options: StepRunnerOptions) {
    this.#circumstances = circumstances;
    this.#options = options;
  }

  /**
   * Runs a step. The earlier steps of its record must be done.
   * @param later the later steps of the record
   * @param earlier resolves when all steps before it in the plan are done; undefined if they are
   * @throws any failure that left the command without a result
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
    const kind = outcome.repeated ? 'alreadyImported' : outcome.appended > 0 ? 'run' : 'unchanged';
    const refusal = this.#refusalOf(prepared);
    if (!refusal) return { kind };
    const { policy, step: part, code, message } = refusal;
    const reason = `The step was done, but a command that follows from it was refused (${policy}, ${part}): ${message}`;
    return { kind, rejected: { code, reason } };
  }

  /** A rejection counts only when all steps before it are done: the missing record may be created by a process manager that follows one of them. */
  async #send({ command, request }: PreparedStep, earlier: Promise<void> | undefined): Promise<Outcome> {
    const { commandHandler } = this.#options;
    try {
      return await commandHandler.execute(command, request);
    } catch (refusal) {
      if (!earlier || !(refusal instanceof Rejection)) throw refusal;
      await earlier;
      return commandHandler.execute(command, request);
    }
  }

  #refusalOf({ commandId }: PreparedStep): Refusal | undefined {
    for (const refusal of this.#options.refusals()) {
      const { correlationId } = refusal.event.metadata;
      if (!this.#refusals.has(correlationId)) this.#refusals.set(correlationId, refusal);
    }
    const refusal = this.#refusals.get(commandId);
    this.#refusals.delete(commandId);
    return refusal;
  }

  /**
   * Whether a later step of the record ran in an earlier import. Then the rejected step had run too and changed nothing, which leaves no
   * event. That it is rejected now, after the later steps, means nothing.
   */
  async #hasRun(later: readonly PlannedStep[]): Promise<boolean> {
    for (const step of later) {
      const prepared = prepareStep(step, this.#circumstances);
      if (!('command' in prepared)) continue;
      const { command, commandId } = prepared;
      if ((await this.#options.commandHandler.resultOf(command.definition, command, commandId)) !== undefined) return true;
    }
    return false;
  }
}

function changedRow({ record }: PlannedStep): string {
  const where = record.mapping === undefined ? 'the mapping' : 'the row';
  return (
    `This step was imported before, and its values in ${where} have changed since. An import does not change what it has imported: ` +
    'make the change with a command, or restore the old values.'
  );
}
