/** Runs what policies answer to an event: in the mutation that caused it, and again by the runner if that was cut short. */
import { derivedId } from '../kernel/derived-id.js';
import { toCurrent, type Position, type RecordedEvent } from '../kernel/event.js';
import { Rejection } from '../kernel/rejection.js';
import type { CommandPipeline } from '../pipeline/command-pipeline.js';
import type { Policy, PolicyContext } from './policy.js';

/** Refusals that pass: of a record that others keep changing, and of an event from a clock that is ahead of this one. */
const passing: ReadonlySet<string> = new Set(['CONFLICT', 'OCCURRED_IN_FUTURE']);

/** A policy's command that a rule refused: for an operator to look at. Not tried again, since the same command would be refused again. */
export interface Refusal {
  readonly policy: string;
  readonly step: string;
  readonly event: RecordedEvent;
  readonly rejection: Rejection;
}

export class Reactor {
  /** The event types that some policy reacts to. */
  readonly types: ReadonlySet<string>;

  constructor(
    private readonly options: {
      readonly pipeline: CommandPipeline;
      readonly policies: readonly Policy[];
      readonly context: PolicyContext;
      readonly onRefusal: (refusal: Refusal) => void;
    },
  ) {
    this.types = new Set(options.policies.flatMap((policy) => policy.types));
  }

  /**
   * Runs the commands that follow from the events, of all policies or of these. Safe to repeat.
   * @returns the position of the last event that they caused, undefined when nothing follows.
   * @throws what kept a command from being run or refused once and for all.
   */
  async react(events: readonly RecordedEvent[], policies = this.options.policies): Promise<Position | undefined> {
    let last: Position | undefined;
    for (const event of events) {
      for (const policy of policies) {
        if (policy.types.includes(event.type)) last = Math.max(last ?? 0, await this.#run(policy, toCurrent(event)));
      }
    }
    return last;
  }

  async #run(policy: Policy, event: RecordedEvent): Promise<Position> {
    let last = event.position;
    for await (const { name, command } of policy.react(event, this.options.context)) {
      const { recordedAt, importedAt } = event.metadata;
      const identified = Object.assign(command, {
        commandId: derivedId('policy', policy.name, event.id, name),
        occurredAt: event.metadata.occurredAt,
      });
      try {
        const { position } = await this.options.pipeline.execute(identified, {
          actor: `policy:${policy.name}`,
          onBehalfOf: event.metadata.onBehalfOf ?? event.metadata.actor,
          correlationId: event.metadata.correlationId,
          causationId: event.id,
          ...(importedAt === undefined ? {} : { carriedOver: { recordedAt, importedAt } }),
        });
        last = Math.max(last, position);
      } catch (failure) {
        if (!(failure instanceof Rejection) || passing.has(failure.code)) throw failure;
        this.options.onRefusal({ policy: policy.name, step: name, event, rejection: failure });
      }
    }
    return last;
  }
}
