/** What follows from a command on its record: nothing but a refusal where a rule says no. */
import type { NewEvent } from '../../contracts/event.js';
import { constantCase } from '../kernel/constant-case.js';
import { Rejection } from '../kernel/rejection.js';
import type { IssuedCommand } from './issued-command.js';
import type { RecordedStream } from './recorded-stream.js';
import type { Records } from './records.js';
import { referencedIds } from './references.js';

/**
 * The events that a command adds to its record as it is taken to be; none when it changes nothing.
 * @throws Rejection when what holds for every command, or a rule of its own, says no; LogUnavailable
 */
export async function decide(issued: IssuedCommand, record: RecordedStream, records: Records): Promise<readonly NewEvent[]> {
  mustFit(issued, record);
  const { spec, command, facts } = issued;
  for (const { type, id, field } of referencedIds(command)) {
    if (!(await records.exists({ type, id }))) throw notFound(type, field);
  }
  const references = Object.entries(command.reads?.(record.state as never) ?? {});
  const states: Record<string, unknown> = {};
  for (const [name, { aggregate, id, field }] of references) {
    const stream = { type: aggregate.type, id };
    if (!spec.looksAt.includes(stream.type)) {
      throw new TypeError(`${spec.name} reads a ${stream.type}, and does not declare that it looks at any.`);
    }
    // It has to be read on each time: no append would find out that it has changed, in another process, since it was remembered.
    const read = await records.current(aggregate, stream);
    if (read.revision < 0) throw notFound(stream.type, field);
    states[name] = read.state;
  }
  return command.decide(record.state as never, { ...facts, ...states } as never);
}

/** What holds for every command, before its own rules. */
function mustFit({ spec, command, stream }: IssuedCommand, record: RecordedStream): void {
  const name = constantCase(stream.type);
  if (spec.creates && record.revision >= 0) {
    throw new Rejection(
      `${name}_EXISTS`,
      `The id is taken: there is one such ${stream.type} already. Leave the id out to get a new one.`,
      'id',
    );
  }
  if (!spec.creates && record.revision < 0) {
    throw new Rejection(`${name}_NOT_FOUND`, `There is no ${stream.type} with this id.`, 'id');
  }
  if (command.expectedRevision !== undefined && command.expectedRevision !== record.revision) {
    throw new Rejection(
      'STALE_REVISION',
      `The ${stream.type} stands at revision ${record.revision}, not at ${command.expectedRevision}. Load it again and decide anew.`,
      'expectedRevision',
    );
  }
}

function notFound(type: string, field: string): Rejection {
  return new Rejection(`${constantCase(type)}_NOT_FOUND`, `${field}: there is no ${type} with this id.`, field);
}
