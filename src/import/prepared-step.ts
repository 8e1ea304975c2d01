/** A planned step made into the command that it is, with an id that follows from the mapping, the row and the step. */
import { commands } from '../domain.js';
import { commandSpec, type AnyCommand } from '../kernel/command.js';
import { derivedId } from '../kernel/derived-id.js';
import { streamName, type Stream } from '../kernel/event.js';
import { patterns } from '../kernel/field.js';
import { fromInput, InvalidInput } from '../kernel/input.js';
import type { Request } from '../pipeline/issued-command.js';
import { referencedIds } from '../pipeline/references.js';
import { InvalidValue } from './expression.js';
import { actorOf, inputOf, type PlannedStep } from './plan.js';
import type { Touched } from './turns.js';

export interface PreparedStep {
  readonly step: PlannedStep;
  readonly commandId: string;
  readonly command: AnyCommand;
  readonly request: Request;
}

/** What is the same for all steps of an import. */
export interface Circumstances {
  readonly mapping: string;
  readonly actor: string;
  /** Set when the source's times are kept as recorded times: when that is done, ISO 8601. */
  readonly importedAt: string | undefined;
}

/** Why a step was rejected: a code of docs/errors.md or of an import, and a sentence for people. */
export interface Reason {
  readonly code: string;
  readonly reason: string;
}

/** The step's command, or why the row does not make it. */
export function prepareStep(step: PlannedStep, circumstances: Circumstances): PreparedStep | Reason {
  try {
    return prepared(step, circumstances);
  } catch (error) {
    if (error instanceof InvalidValue) return { code: 'INVALID_VALUE', reason: sentence(error.message) };
    if (!(error instanceof InvalidInput)) throw error;
    return { code: 'INVALID_INPUT', reason: sentence(error.problems.map(({ message }) => message).join('; ')) };
  }
}

/** @throws InvalidValue, InvalidInput */
function prepared(step: PlannedStep, { mapping, actor, importedAt }: Circumstances): PreparedStep {
  if (step.fault !== undefined) throw new InvalidValue(step.fault);
  const commandId = commandIdOf(mapping, step);
  const onBehalfOf = actorOf(step);
  if (onBehalfOf !== undefined && !patterns.user.test(onBehalfOf)) {
    throw new InvalidValue('by: must be a user id: 1 to 100 letters, digits or "_.@:-"');
  }
  const input = { ...inputOf(step), commandId, ...(step.occurredAt === undefined ? {} : { occurredAt: step.occurredAt }) };
  const request: Request = {
    actor,
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
    ...(importedAt === undefined ? {} : { carriedOver: { recordedAt: new Date(step.time).toISOString(), importedAt } }),
  };
  return { step, commandId, command: fromInput(step.step.command, input), request };
}

function commandIdOf(mapping: string, { record, step }: PlannedStep): string {
  return record.mapping === undefined
    ? derivedId('import', mapping, 'setup', step.name)
    : derivedId('import', mapping, record.mapping.name, record.row?.key ?? '', step.name);
}

/** The stream that the command writes to. */
export function streamOf({ command, commandId }: PreparedStep): Stream {
  const { type } = specOf(command).aggregate;
  return { type, id: command.id ?? derivedId(type, commandId) };
}

/** What every step looks at, so that one that changes it runs alone. */
const EVERYTHING = Symbol('everything');

/** The types of records that commands look at because their own record names one: what hangs on such a record is told by no command. */
const lookedAt: ReadonlySet<string> = new Set(commands.map(commandSpec).flatMap(({ creates, looksAt }) => (creates ? [] : looksAt)));

/**
 * What a step touches, so that its place among others that touch the same is kept. Records that process managers begin are not in it: a
 * command on one that is not there yet is refused.
 */
export function touchedBy(step: PlannedStep, prepared: PreparedStep | Reason): Touched {
  const { record } = step;
  const touched = new Map<unknown, 'looks' | 'changes'>([[EVERYTHING, record.mapping === undefined ? 'changes' : 'looks']]);
  if ('command' in prepared) {
    const { creates, aggregate } = specOf(prepared.command);
    if (!creates && lookedAt.has(aggregate.type)) touched.set(EVERYTHING, 'changes');
    for (const reference of referencedIds(prepared.command)) touched.set(streamName(reference), 'looks');
    touched.set(streamName(streamOf(prepared)), 'changes');
  }
  return touched.set(record, 'changes');
}

function specOf(command: AnyCommand) {
  return commandSpec(command.constructor as new () => AnyCommand);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
