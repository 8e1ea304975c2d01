/** Turns a planned step into a command, with an id derived from the mapping, the row and the step. */
import { patterns } from '../../contracts/fields/index.js';
import { domain } from '../domain.js';
import type { Command } from '../kernel/command.js';
import { derivedId } from '../kernel/derived-id.js';
import { streamName } from '../kernel/event.js';
import { InvalidInput } from '../kernel/input.js';
import { streamOf, type Request } from '../command-handling/issued-command.js';
import { referencedIds } from '../command-handling/references.js';
import { InvalidValue } from './expression.js';
import { actorOf, inputOf, type PlannedStep } from './plan.js';
import type { Access, Accesses } from './ordered-work.js';

export interface PreparedStep {
  readonly step: PlannedStep;
  readonly commandId: string;
  readonly command: Command;
  readonly request: Request;
}

/** The same for all steps of an import. */
export interface Circumstances {
  readonly mapping: string;
  readonly actor: string;
  /** The time of the import (ISO 8601) if it keeps the source's times as recorded times. */
  readonly importedAt: string | undefined;
}

/** Why a step was rejected: a code of docs/errors.md or docs/import.md, and a sentence for people. */
export interface Reason {
  readonly code: string;
  readonly reason: string;
}

/** The step's command, or why it can't be made from the row. */
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
    throw new InvalidValue('by: must be a user id: 1 to 100 letters, digits or "_.:-"');
  }
  const input = { ...inputOf(step), commandId, ...(step.occurredAt === undefined ? {} : { occurredAt: step.occurredAt }) };
  const request: Request = {
    actor,
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
    ...(importedAt === undefined ? {} : { carriedOver: { recordedAt: new Date(step.time).toISOString(), importedAt } }),
  };
  return { step, commandId, command: step.step.command.from(input), request };
}

function commandIdOf(mapping: string, { record, step }: PlannedStep): string {
  return record.mapping === undefined
    ? derivedId('import', mapping, 'setup', step.name)
    : derivedId('import', mapping, record.mapping.name, record.row?.key ?? '', step.name);
}

/** Every step reads this, so a step that writes it runs alone. */
const EVERYTHING = Symbol('everything');

/** Types of records that commands read because their own record refers to one: the input of such a command doesn't name it. */
const readIndirectly: ReadonlySet<string> = new Set(
  domain.commands.flatMap(({ creates, looksAt }) => (creates ? [] : looksAt.map(({ type }) => type))),
);

/**
 * The records that a step reads and writes, so that steps on the same records keep their order. Records that process managers create are not
 * included: a command on a record that doesn't exist yet is rejected, and tried again when the steps before it are done.
 */
export function accessesOf(step: PlannedStep, prepared: PreparedStep | Reason): Accesses {
  const { record } = step;
  const accesses = new Map<unknown, Access>([[EVERYTHING, record.mapping === undefined ? 'write' : 'read']]);
  if ('command' in prepared) {
    const { command, commandId } = prepared;
    const { creates, record: written } = command.definition;
    if (!creates && readIndirectly.has(written.type)) accesses.set(EVERYTHING, 'write');
    for (const reference of referencedIds(command)) accesses.set(streamName(reference), 'read');
    accesses.set(streamName(streamOf(written, command.id, commandId)), 'write');
  }
  return accesses.set(record, 'write');
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
