/** What is left of a record when its personal data was erased. */
import type { Fields } from '../../contracts/fields/index.js';
import { withheld } from '../../contracts/sealed-fields.js';

/** The state with null in place of its sealed fields. @param fields those of the state */
export function erased<State extends object>(fields: Fields, state: State): State {
  return withheld(fields, state as Readonly<Record<string, unknown>>) as State;
}
