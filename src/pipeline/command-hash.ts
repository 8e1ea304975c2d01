/** What makes two requests the same command: its name and its input. */
import { hash } from 'node:crypto';
import { fieldsOf } from '../kernel/field.js';
import { commandSpec, type AnyCommand, type CommandClass } from '../kernel/command.js';

/** How the request is made, not what is asked. */
const aside: ReadonlySet<string> = new Set(['commandId', 'expectedRevision']);

const names = new WeakMap<CommandClass, readonly string[]>();

/**
 * SHA-256, in hex, of a command's name and of the fields that were given, whatever their order. Null is given: it clears. What was left out
 * does not count, so a command stays the same when a later release lets it take more.
 */
export function commandHash(command: AnyCommand): string {
  const target = command.constructor as CommandClass;
  let inputs = names.get(target);
  if (!inputs) {
    inputs = fieldsOf(target)
      .map((field) => field.name)
      .filter((name) => !aside.has(name))
      .sort();
    names.set(target, inputs);
  }
  return hash('sha256', JSON.stringify([commandSpec(target).name, ...given(command, inputs)]));
}

/** The fields that have a value, each with its name. */
function given(object: object, names: readonly string[]): readonly unknown[] {
  const values = object as Readonly<Record<string, unknown>>;
  return names.flatMap((name) => (values[name] === undefined ? [] : [[name, ordered(values[name])]]));
}

/** The value with the fields of what is nested in it in one order. */
function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? value.map(ordered) : given(value, Object.keys(value).sort());
}
