/** The changes of a revision: only fields that are given and differ from the record. */

/** The changes in an event: absent fields stay unchanged. */
type Changes<State, Name extends keyof State> = { readonly [K in Name]?: State[K] | undefined };

/** The changes in an input, without the fields that are left out. */
type Given<Input> = { readonly [K in keyof Input]?: Exclude<Input[K], undefined> };

/**
 * The given fields of `input` that differ in value from those of `state`; null clears.
 * @returns undefined when nothing changes: then there is no event.
 */
export function changesOf<State extends object, Input extends Changes<State, keyof State & keyof Input>>(
  state: State,
  input: Input,
): Given<Input> | undefined {
  const before = state as Readonly<Record<string, unknown>>;
  const changed = Object.entries(input).filter(([name, after]) => after !== undefined && !equal(after, before[name]));
  return changed.length > 0 ? (Object.fromEntries(changed) as Given<Input>) : undefined;
}

/** Applies an event's changes to a record. */
export function revised<State extends object>(state: State, changes: Changes<State, keyof State>): State {
  return { ...state, ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) };
}

/** Whether two plain values are equal, whatever the order of their fields. */
function equal(left: unknown, right: unknown): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every(
      (name) =>
        Object.hasOwn(right, name) &&
        equal((left as Readonly<Record<string, unknown>>)[name], (right as Readonly<Record<string, unknown>>)[name]),
    )
  );
}
