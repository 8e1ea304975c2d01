/** What a revising command changes: only fields that were given and differ from what the record holds. */

/** Changes as an event tells them: a field that is absent stays as it is. */
type Changes<State, Name extends keyof State> = { readonly [K in Name]?: State[K] | undefined };

/**
 * The given fields of `input` that differ in value from those of `state`; null clears.
 * @returns undefined when nothing changes, and then no event is due.
 */
export function changesOf<State extends object, Name extends keyof State & string>(
  state: State,
  input: { readonly [K in Name]?: State[K] | undefined },
  names: readonly Name[],
): Partial<Pick<State, Name>> | undefined {
  const changes: Partial<Pick<State, Name>> = {};
  for (const name of names) {
    const given = input[name];
    if (given !== undefined && !equal(given, state[name])) changes[name] = given;
  }
  return Object.keys(changes).length > 0 ? changes : undefined;
}

/** The record with an event's changes: fields that the event does not tell stay. */
export function revised<State extends object>(state: State, changes: Changes<State, keyof State>): State {
  return { ...state, ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) };
}

/** Whether two plain values are the same, whatever the order of their fields. */
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
