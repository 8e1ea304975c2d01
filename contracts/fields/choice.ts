/** One of a fixed list of values. */
import { z } from 'zod';
import { Field, type OpenField } from './field.js';
import { must } from './must.js';

/** The values of a choice, in order, each with its meaning for the published contract. */
type Meanings<Value extends string> = Readonly<Record<Value, string>>;

/**
 * @param name names the list in the GraphQL contract
 * @param description what is chosen, for the published contract
 * @param allowed the values in order, each with its meaning; or without, where only events hold them
 */
export function Choice<const Value extends string>(
  name: string,
  description: string,
  allowed: readonly Value[] | Meanings<Value>,
): OpenField<Value> {
  const [values, meanings] = isList(allowed) ? [allowed, undefined] : [Object.keys(allowed) as Value[], allowed];
  const be = `be one of ${values.map((value) => `"${value}"`).join(', ')}`;
  return Field.of({
    name: 'choice',
    stored: z.enum(values),
    input: z.enum(values, { error: must(be) }),
    api: { enum: name, values, description, ...(meanings ? { meanings } : {}) },
    compared: 'exact',
    expression: { types: ['string'], says: 'a text' },
  });
}

function isList<Value extends string>(allowed: readonly Value[] | Meanings<Value>): allowed is readonly Value[] {
  return Array.isArray(allowed);
}
