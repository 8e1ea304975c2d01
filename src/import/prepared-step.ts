/** A planned step made into the command that it is, with an id that follows from the mapping, the row and the step. */
import { commandSpec, type AnyCommand } from '../kernel/command.js';
import { derivedId } from '../kernel/derived-id.js';
import type { Stream } from '../kernel/event.js';
import { patterns } from '../kernel/field.js';
import { fromInput } from '../kernel/input.js';
import type { Request } from '../pipeline/issued-command.js';
import { referencedIds } from '../pipeline/references.js';
import { InvalidValue } from './expression.js';
import { actorOf, inputOf, type PlannedStep } from './plan.js';

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

/** @throws InvalidValue, InvalidInput when the row does not make the command. */
export function prepareStep(step: PlannedStep, { mapping, actor, importedAt }: Circumstances): PreparedStep {
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

/** Commands of one moment may run at once if they are the same step of different records: then their order says nothing. */
export function mayRunWith(step: PlannedStep, { step: other }: PreparedStep): boolean {
  return step.time === other.time && step.step === other.step;
}

/** Whether a command looks at no record that another of its kind may be writing at the same time. */
export function standsAlone({ command }: PreparedStep): boolean {
  const { type } = specOf(command).aggregate;
  return command.reads === undefined && !referencedIds(command).some((reference) => reference.type === type);
}

function specOf(command: AnyCommand) {
  return commandSpec(command.constructor as new () => AnyCommand);
}
