/** What makes two requests the same command: its name and its input. */
import { hash } from 'node:crypto';
import { fieldsOf } from '../kernel/field.js';
import { commandSpec, type AnyCommand, type CommandClass } from '../kernel/command.js';

/** How the request is made, not what is asked. */
const aside: ReadonlySet<string> = new Set(['commandId', 'expectedRevision']);

const names = new WeakMap<CommandClass, readonly string[]>();

/** SHA-256, in hex, of a command's name and input fields; the order in which fields were given does not matter. */
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
  const values = command as unknown as Readonly<Record<string, unknown>>;
  return hash('sha256', JSON.stringify([commandSpec(target).name, ...inputs.map((name) => values[name] ?? null)]));
}
