/** An input with exactly one of several fields. */
import { z } from 'zod';
import { objectInput } from './composite.js';
import { Field, type OpenField, type Fields } from './field.js';

/** One of the fields, by its name. @typeParam As the stored or the input value */
export type OneOfValue<F extends Fields, As extends 'value' | 'given'> = {
  [K in keyof F]: { readonly [P in K]: F[K][As] } & { readonly [P in Exclude<keyof F, K>]?: null | undefined };
}[keyof F];

/**
 * An object with exactly one of the fields. Only for input.
 * @param name its name in the GraphQL contract
 * @param description its description in the published contract
 */
export function OneOf<F extends Fields>(
  name: string,
  description: string,
  fields: F,
): OpenField<OneOfValue<F, 'value'>, OneOfValue<F, 'given'>> {
  const names = Object.keys(fields);
  const alternatives: Fields = Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.optional()]));
  const present = (value: Readonly<Record<string, unknown>>): number => names.filter((key) => (value[key] ?? null) !== null).length;
  return Field.of({
    name: `one of ${names.join(', ')}`,
    stored: z.never(),
    input: objectInput(name, alternatives).refine((value) => present(value) === 1, {
      error: `must have exactly one of ${names.join(', ')}`,
    }),
    api: { oneOf: name, fields: alternatives, description },
    expression: { types: ['map'], says: 'an object' },
    fields: alternatives,
  });
}
