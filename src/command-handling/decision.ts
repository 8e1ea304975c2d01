/** Decides a command: checks what holds for all commands, loads the other records that its rules need, and calls its rules. */
import type { NewEvent } from '../../contracts/event.js';
import { constantCase } from '../kernel/constant-case.js';
import type { AnyRecordType } from '../kernel/record.js';
import { Rejection } from '../kernel/rejection.js';
import type { IssuedCommand } from './issued-command.js';
import type { RecordedStream } from './recorded-stream.js';
import type { Records } from './records.js';
import { referencedIds } from './references.js';

/**
 * The events that a command appends to its record; none when nothing changes.
 * @throws Rejection when a rule refuses the command; LogUnavailable
 */
export async function decide(issued: IssuedCommand, record: RecordedStream, records: Records): Promise<readonly NewEvent[]> {
  checkRevision(issued, record);
  const { command, context } = issued;
  const { definition, input } = command;
  if (record.erased && definition.erases) return [];
  for (const { type, id, field } of referencedIds(command)) {
    if (!(await records.exists({ type, id }))) throw notFound(type, field);
  }
  const states: Record<string, unknown> = {};
  for (const { name, record: other, id } of definition.reads(record.state, input)) {
    // The cache is not used as is: unlike for the command's own record, no append would detect that it is stale.
    states[name] = id === null ? null : await stateOf(records, other, id);
  }
  return definition.decide(record.state, input, { ...context, ...states });
}

/** @throws Rejection when the record does not exist */
async function stateOf(records: Records, record: AnyRecordType, id: string): Promise<unknown> {
  const { revision, state } = await records.current(record, { type: record.type, id });
  if (revision < 0) throw notFound(record.type, 'id');
  return state;
}

/** @throws Rejection when the record must exist and does not, or the reverse, or it is not at the expected revision */
function checkRevision({ command, stream }: IssuedCommand, record: RecordedStream): void {
  const { creates } = command.definition;
  const name = constantCase(stream.type);
  if (creates && record.revision >= 0) {
    throw new Rejection(`${name}_EXISTS`, `There already is a ${stream.type} with this id. Leave the id out to get a new one.`, 'id');
  }
  if (!creates && record.revision < 0) {
    throw new Rejection(`${name}_NOT_FOUND`, `There is no ${stream.type} with this id.`, 'id');
  }
  if (record.erased && !command.definition.erases) {
    throw new Rejection(`${name}_ERASED`, `The personal data of this ${stream.type} was erased; it can't be changed any more.`, 'id');
  }
  const expected = command.expectedRevision;
  if (expected !== null && expected !== record.revision) {
    throw new Rejection(
      'STALE_REVISION',
      `The ${stream.type} is at revision ${record.revision}, not ${expected}. Load it again and repeat the decision.`,
      'expectedRevision',
    );
  }
}

function notFound(type: string, field: string): Rejection {
  return new Rejection(`${constantCase(type)}_NOT_FOUND`, `${field}: there is no ${type} with this id.`, field);
}
