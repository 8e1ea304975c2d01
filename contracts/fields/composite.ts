/** Composite field kinds: lists and objects. */
import { z } from 'zod';
import { Field, type Fields, type Given, type Of } from './field.js';
import type { AnyFields } from './kind.js';
import { must } from './must.js';

/** A list of up to `max` values of one kind. */
export function List<Value, Input>(
  of: Field<Value, 'required', Input>,
  max: number,
): Field<readonly Value[], 'required', readonly Input[]> {
  const { input } = of.kind;
  const { api, name } = of.kind;
  return Field.of({
    name: `list of ${name}`,
    stored: z.array(of.stored),
    ...(input
      ? {
          // A list that is too long is refused before its entries are validated.
          input: z
            .array(z.unknown(), { error: must('be a list') })
            .max(max, { error: `must be at most ${max} entries long`, abort: true })
            .pipe(z.array(input)),
        }
      : {}),
    api: { list: api },
    allowed: `At most ${max} entries.`,
    expression: { types: ['list'], says: 'a list' },
    entry: of,
  });
}

/**
 * An object with fields.
 * @param name its name in the GraphQL contract
 * @param description its description in the published contract
 */
export function Nested<F extends Fields>(name: string, description: string, fields: F): Field<Of<F>, 'required', Given<F>> {
  const stored = Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.stored]));
  return Field.of({
    name: `object of ${Object.entries(fields)
      .map(([key, field]) => `${key}: ${field.kind.name}`)
      .join(', ')}`,
    stored: z.object(stored),
    ...(Object.values(fields).every((field) => field.kind.input) ? { input: objectInput(name, fields) } : {}),
    api: { object: name, fields, description },
    expression: { types: ['map'], says: 'an object' },
    fields,
  });
}

/** The schema of an input object. Unknown fields are refused. @param owner the name of the object, for messages */
export function objectInput(owner: string, fields: AnyFields): z.ZodType<Readonly<Record<string, unknown>>> {
  const names = Object.keys(fields).join(', ');
  return z.strictObject(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.input])), {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return `is not a field of ${owner}; it has ${names}`;
      return issue.input === undefined ? 'is required' : 'must be an object';
    },
  });
}
