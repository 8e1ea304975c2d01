/** What a revising command changes: only fields that were given and differ from what the record holds. */

/**
 * The given fields of `input` that differ from `state`, compared as JSON; null clears. Empty when nothing changes, and then no event is due.
 */
export function changesOf<State extends object, Name extends keyof State & string>(
  state: State,
  input: object,
  names: readonly Name[],
): Partial<Pick<State, Name>> {
  const changes: Partial<Pick<State, Name>> = {};
  for (const name of names) {
    const given = (input as Partial<State>)[name];
    if (given !== undefined && JSON.stringify(given) !== JSON.stringify(state[name])) changes[name] = given;
  }
  return changes;
}
