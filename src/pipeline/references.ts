/** The ids of other records in a command's input: which fields hold them, so that an id that does not exist is refused by its field. */
import type { FieldType, Shape } from '../kernel/field-type.js';
import { fieldsOf } from '../kernel/field.js';
import type { AnyCommand, CommandClass } from '../kernel/command.js';

export interface ReferencedId {
  readonly type: string;
  readonly id: string;
  readonly field: string;
}

const known = new WeakMap<Shape, boolean>();

/** The ids given in the fields that are declared as references, nested ones included. */
export function referencedIds(command: AnyCommand): readonly ReferencedId[] {
  const found: ReferencedId[] = [];
  collect(command.constructor as CommandClass, command, '', found);
  return found;
}

function collect(shape: Shape, from: object, path: string, found: ReferencedId[]): void {
  if (!refers(shape)) return;
  for (const field of fieldsOf(shape)) visit(field.type, (from as Readonly<Record<string, unknown>>)[field.name], path + field.name, found);
}

function visit(type: FieldType, value: unknown, path: string, found: ReferencedId[]): void {
  if (value === undefined || value === null) return;
  if (type.kind === 'id' && type.ref && typeof value === 'string') found.push({ type: type.ref, id: value, field: path });
  if (type.kind === 'nested' && typeof value === 'object') collect(type.shape(), value, `${path}.`, found);
  if (type.kind === 'list' && Array.isArray(value)) value.forEach((item, index) => visit(type.of, item, `${path}.${index}`, found));
}

/** Whether a class holds references at all: most commands don't, and then nothing is walked. */
function refers(shape: Shape): boolean {
  let answer = known.get(shape);
  if (answer === undefined) {
    known.set(shape, false);
    answer = fieldsOf(shape).some((field) => holds(field.type));
    known.set(shape, answer);
  }
  return answer;
}

function holds(type: FieldType): boolean {
  if (type.kind === 'id') return type.ref !== undefined;
  if (type.kind === 'list') return holds(type.of);
  return type.kind === 'nested' && refers(type.shape());
}
