/** Runs what policies answer to an event: in the mutation that caused it, and again by the runner if that was cut short. */
import type { Definitions } from '../../contracts/definitions.js';
import { PolicyCommandRetried } from '../../contracts/operations/policy-refusal.js';
import { derivedId } from '../kernel/derived-id.js';
import { toCurrent, type Position, type RecordedEvent } from '../kernel/event.js';
import { InvalidInput } from '../kernel/input.js';
import type { Policy, Step } from '../kernel/policy.js';
import { Rejection } from '../kernel/rejection.js';
import type { EventLog } from '../log/port.js';
import type { operationsCodes } from '../operations/rejections.js';
import type { CommandHandler, Outcome } from '../command-handling/command-handler.js';
import type { Request } from '../command-handling/issued-command.js';
import { findAsOf, type FindingOptions } from './finding.js';
import { refusalIdOf, Refusals, type KeptRefusal, type PolicyCommand, type Refusal, type Retried } from './refusals.js';
import type { PolicyStarts } from './starts.js';

/** Why a rule or the fields refused a command. */
type Refused = InvalidInput | Rejection;

/** Refusals that pass: of a record that others keep changing, and of an event from a clock that is ahead of this one. */
const passing: ReadonlySet<string> = new Set(['CONFLICT', 'OCCURRED_IN_FUTURE']);

/**
 * Why events are reacted to:
 *
 * - `appended`: they were recorded just now;
 * - `sentAgain`: the command that recorded them was sent again. What was refused is tried again;
 * - `followed`: the policy's runner came across them. What was refused stays refused, until an operator has it tried again.
 */
export type Occasion = 'appended' | 'sentAgain' | 'followed';

/** Why a command is refused that was tried again and is not issued any more. */
const GONE = 'POLICY_COMMAND_GONE' satisfies keyof typeof operationsCodes;

interface ReactorOptions {
  readonly log: Pick<EventLog, 'readStream'>;
  readonly commandHandler: CommandHandler;
  readonly policies: readonly Policy[];
  readonly definitions: Definitions;
  readonly finding: FindingOptions;
  readonly starts: PolicyStarts;
  /** Told of each command that is refused, which stands in the log as well. */
  readonly onRefusal: (refusal: Refusal) => void;
}

/** The types of events that a policy's runner follows. */
export function typesOf({ types }: Policy): readonly string[] {
  return [...types, PolicyCommandRetried.type];
}

export class Reactor {
  /** The event types that something follows from. */
  readonly types: ReadonlySet<string>;
  readonly #options: ReactorOptions;
  readonly #refusals: Refusals;

  constructor(options: ReactorOptions) {
    this.#options = options;
    this.#refusals = new Refusals(options);
    this.types = new Set([PolicyCommandRetried.type, ...options.policies.flatMap(({ types }) => types)]);
  }

  /**
   * Runs the commands that follow from the events, of all policies or of these. Safe to repeat.
   * @returns the position of the last event that they caused, undefined when nothing follows.
   * @throws what kept a command from being run or refused once and for all.
   */
  async react(events: readonly RecordedEvent[], occasion: Occasion, policies = this.#options.policies): Promise<Position | undefined> {
    let last: Position | undefined;
    for (const event of events) {
      if (event.type === PolicyCommandRetried.type) {
        last = later(last, await this.#retry(toCurrent(event, this.#options.definitions) as Retried, policies));
      }
      for (const policy of policies) last = later(last, await this.#reactTo(policy, event, occasion));
    }
    return last;
  }

  async #reactTo(policy: Policy, event: RecordedEvent, occasion: Occasion): Promise<Position | undefined> {
    const { definitions, starts } = this.#options;
    // Of an event whose data was erased, nothing follows any more.
    if (event.withheld || !policy.types.includes(event.type) || !(await starts.isAfter(policy, event, occasion === 'appended'))) {
      return undefined;
    }
    return this.#run(policy, toCurrent(event, definitions), occasion);
  }

  /** Runs all commands that follow from an event. */
  async #run(policy: Policy, event: RecordedEvent, occasion: Occasion): Promise<Position> {
    const { recordedAt, importedAt } = event.metadata;
    const request: Request = {
      ...requestOf(policy.name, event),
      ...(importedAt === undefined ? {} : { carriedOver: { recordedAt, importedAt } }),
    };
    let last = event.position;
    for await (const step of this.#stepsOf(policy, event)) {
      const command = commandOf(policy, step, event);
      const id = refusalIdOf(command);
      const kept = occasion === 'appended' ? undefined : await this.#refusals.find(id);
      const isRefused = kept !== undefined && kept.state.status !== 'accepted';
      if (isRefused && occasion === 'followed') continue;
      const answer = await this.#issue(policy, step, event, request);
      if (typeof answer === 'number') last = Math.max(last, answer, isRefused ? await this.#refusals.keepAccepted(id, request) : 0);
      else last = Math.max(last, await this.#refuse(command, answer, (code) => this.#refusals.keep(command, code, request)));
    }
    return last;
  }

  /** Keeps that a command is refused, and tells of it. @returns where that stands */
  async #refuse(command: PolicyCommand, { code, message }: Refused, keep: (code: string) => Promise<Outcome>): Promise<Position> {
    const { position, appended } = await keep(code);
    this.#options.onRefusal({ ...command, code, message, isNew: appended > 0 });
    return position;
  }

  /**
   * Runs a refused command once more, if it is of one of the policies, or of none that this program has. What came of it is kept once: when
   * this is repeated, it answers where that stands.
   */
  async #retry(retried: Retried, policies: readonly Policy[]): Promise<Position | undefined> {
    const policy = policies.find(({ name }) => name === retried.data.policy);
    if (!policy && policies !== this.#options.policies) return undefined;
    const kept = await this.#refusals.find(retried.stream.id);
    if (!kept) return undefined;
    const settled = kept.events.find(({ revision }) => revision > retried.revision);
    return settled ? settled.position : this.#runAgain(policy, retried, kept);
  }

  async #runAgain(policy: Policy | undefined, retried: Retried, { state }: KeptRefusal): Promise<Position> {
    const { log, definitions } = this.#options;
    const stream = { type: state.eventRecordType, id: state.eventRecordId };
    const [recorded] = policy ? await log.readStream(stream, state.eventRevision, 1) : [];
    const settling = requestOf(retried.data.policy, retried);
    const refuseAgain = (code: string): Promise<Outcome> => this.#refusals.keepRefusedAgain(retried, code, settling);
    const gone = async (): Promise<Position> => (await refuseAgain(GONE)).position;
    if (!policy || !recorded) return gone();
    const event = toCurrent(recorded, definitions);
    const request = requestOf(policy.name, event);
    for await (const step of this.#stepsOf(policy, event)) {
      if (step.name !== state.step) continue;
      const answer = await this.#issue(policy, step, event, request);
      if (typeof answer === 'number') return Math.max(answer, await this.#refusals.keepAccepted(retried.stream.id, settling));
      return await this.#refuse(commandOf(policy, step, event), answer, refuseAgain);
    }
    return gone();
  }

  #stepsOf(policy: Policy, event: RecordedEvent): ReturnType<Policy['react']> {
    return policy.react(event, { find: findAsOf(this.#options.finding, event) });
  }

  /** @returns the position of the last event that the command caused, or why it is refused. @throws what passes */
  async #issue(policy: Policy, step: Step, event: RecordedEvent, request: Request): Promise<Position | Refused> {
    try {
      return await this.#execute(policy, step, event, request);
    } catch (failure) {
      if (failure instanceof InvalidInput || (failure instanceof Rejection && !passing.has(failure.code))) return failure;
      throw failure;
    }
  }

  /** @returns the position of the last event that it caused. A command that has run answers, also when its input can't be made any more. */
  async #execute({ name: policy }: Policy, { name, command, input }: Step, event: RecordedEvent, request: Request): Promise<Position> {
    const { commandHandler } = this.#options;
    const commandId = derivedId('policy', policy, event.id, name);
    try {
      const issued = { ...command.from(input), commandId, occurredAt: event.metadata.occurredAt };
      return (await commandHandler.execute(issued, request)).position;
    } catch (failure) {
      if (!(failure instanceof InvalidInput)) throw failure;
      const before = await commandHandler.resultOf(command, input, commandId);
      if (before === undefined) throw failure;
      return before;
    }
  }
}

function commandOf({ name: policy }: Policy, { name: step, command }: Step, event: RecordedEvent): PolicyCommand {
  return { policy, step, command: command.name, event };
}

/** The request of what a policy does because of an event, recorded as of today. */
function requestOf(policy: string, { id, metadata }: RecordedEvent): Request {
  return {
    actor: `policy:${policy}`,
    onBehalfOf: metadata.onBehalfOf ?? metadata.actor,
    correlationId: metadata.correlationId,
    causationId: id,
    repeatsById: true,
  };
}

function later(a: Position | undefined, b: Position | undefined): Position | undefined {
  return b === undefined ? a : Math.max(a ?? 0, b);
}
