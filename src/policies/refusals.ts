/** Refused commands of policies as records in the log: without their input, which may be personal data. */
import type { Definitions } from '../../contracts/definitions.js';
import type { PolicyRefusal, PolicyRefusalEvent } from '../../contracts/operations/policy-refusal.js';
import { derivedId } from '../kernel/derived-id.js';
import { toCurrent, type Position, type Recorded, type RecordedEvent } from '../kernel/event.js';
import type { EventLog } from '../log/port.js';
import { KeepPolicyRefusal, policyRefusal, SettlePolicyCommand } from '../operations/policy-refusal.js';
import type { CommandHandler, Outcome } from '../command-handling/command-handler.js';
import type { Request } from '../command-handling/issued-command.js';

/** A command of a policy. */
export interface PolicyCommand {
  readonly policy: string;
  readonly step: string;
  readonly command: string;
  readonly event: RecordedEvent;
}

/** A policy's command that a rule refused. */
export interface Refusal extends PolicyCommand {
  /** Of docs/errors.md. */
  readonly code: string;
  /** For people. It is not kept in the log. */
  readonly message: string;
  /** Whether it was kept in the log just now; false when it is a repetition. */
  readonly isNew: boolean;
}

export type Retried = Recorded<Extract<PolicyRefusalEvent, { type: 'PolicyCommandRetried' }>>;

/** The record of a refusal, with its events. */
export interface KeptRefusal {
  readonly state: PolicyRefusal;
  readonly events: readonly RecordedEvent[];
}

interface RefusalsOptions {
  readonly log: Pick<EventLog, 'readStream'>;
  readonly commandHandler: Pick<CommandHandler, 'execute'>;
  readonly definitions: Definitions;
}

/** The id of the record of a command's refusal. */
export function refusalIdOf({ policy, step, event }: Omit<PolicyCommand, 'command'>): string {
  return derivedId(policyRefusal.type, policy, event.id, step);
}

/** Its requests are those of policies: a repeated command is recognized by its id. */
export class Refusals {
  readonly #options: RefusalsOptions;

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  /** Undefined of a command that was not refused. @throws LogUnavailable */
  async find(id: string): Promise<KeptRefusal | undefined> {
    const { log, definitions } = this.#options;
    const events = await log.readStream({ type: policyRefusal.type, id });
    const state = events.reduce<PolicyRefusal | undefined>(
      (before, event) => policyRefusal.evolve(before, toCurrent(event, definitions)),
      undefined,
    );
    return state && { state, events };
  }

  /** Keeps a refusal, once: the same command refused again changes nothing. @throws Rejection with CONFLICT, LogUnavailable */
  keep({ policy, step, command, event }: PolicyCommand, code: string, request: Request): Promise<Outcome> {
    const id = refusalIdOf({ policy, step, event });
    const kept = KeepPolicyRefusal({
      commandId: derivedId('refusal', id),
      id,
      policy,
      step,
      command,
      eventId: event.id,
      eventType: event.type,
      eventRecordType: event.stream.type,
      eventRecordId: event.stream.id,
      eventRevision: event.revision,
      code,
    });
    return this.#options.commandHandler.execute(kept, request);
  }

  /**
   * Keeps that a command was accepted which had been refused.
   * @returns where that stands
   * @throws Rejection with CONFLICT, LogUnavailable
   */
  async keepAccepted(id: string, request: Request): Promise<Position> {
    const accepted = SettlePolicyCommand({ commandId: derivedId('accepted', id), id, code: null });
    return (await this.#options.commandHandler.execute(accepted, request)).position;
  }

  /**
   * Keeps that a command was refused once more when an operator had it tried again.
   * @throws Rejection with CONFLICT, LogUnavailable
   */
  keepRefusedAgain(retried: Retried, code: string, request: Request): Promise<Outcome> {
    const refused = SettlePolicyCommand({ commandId: derivedId('refusedAgain', retried.id), id: retried.stream.id, code });
    return this.#options.commandHandler.execute(refused, request);
  }
}
