/** The names that read models have in the contract. */
import type { ReadModelSpec } from '../../kernel/read-model.js';

/** `leads` as `Leads`. */
export const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** The type of one document: `Lead` of `leads`. */
export function typeNameOf({ entry }: ReadModelSpec): string {
  return entry;
}

/** Fields that the Relay specification gives a meaning of its own: no declaration may use them. */
const reserved: ReadonlySet<string> = new Set(['node', 'nodes', 'nodeId']);

/** @throws TypeError when a field that is declared has a reserved name. */
export function checkFieldNames(typeName: string, names: readonly string[]): void {
  const taken = names.find((name) => reserved.has(name));
  if (taken !== undefined) throw new TypeError(`${typeName}.${taken}: the name ${taken} is reserved for Relay. Choose another.`);
}
