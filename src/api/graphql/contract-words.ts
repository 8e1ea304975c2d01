/** Values of documents as the contract gives them elsewhere: for fields that can hold a value of any column. */
import type { ApiType, Kind } from '../../../contracts/fields/kind.js';
import { constantCase } from '../../kernel/constant-case.js';

/** A choice as its enum value, money and large numbers as strings of digits, and so on inside lists and objects. */
export function inContractWords({ api, show }: Kind, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  return shown(api, show ? (show as (value: unknown) => unknown)(value) : value);
}

function shown(api: ApiType, value: unknown): unknown {
  if ('enum' in api) return constantCase(String(value));
  if ('scalar' in api) return api.scalar.write ? api.scalar.write(value) : value;
  if ('list' in api) return (value as readonly unknown[]).map((entry) => shown(api.list, entry));
  if (!('object' in api)) return value;
  return Object.fromEntries(
    Object.entries(api.fields).map(([name, { kind }]) => [name, inContractWords(kind, (value as Readonly<Record<string, unknown>>)[name])]),
  );
}
