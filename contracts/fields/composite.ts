/** Composite field kinds: lists and objects. */
import { z } from 'zod';
import { Field, type OpenField, type Fields, type Given, type Of } from './field.js';
import type { AnyField, AnyFields, Kind } from './kind.js';
import { must } from './must.js';

/** A list of up to `max` values of one kind. It is sealed, as a whole, when its values are. */
export function List<Value, Input, Seal extends boolean>(
  of: Field<Value, 'required', Input, Seal>,
  max: number,
): Field<readonly Value[], 'required', readonly Input[], Seal> {
  return (of.sealed ? Field.ofSealed(listOf(of, max)) : Field.of(listOf(of, max))) as Field<
    readonly Value[],
    'required',
    readonly Input[],
    Seal
  >;
}

function listOf(of: AnyField, max: number): Kind {
  const { api, name, input } = of.kind;
  return {
    name: `list of ${name}`,
    stored: z.array(of.whole),
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
  };
}

/**
 * An object with fields.
 * @param name its name in the GraphQL contract
 * @param description its description in the published contract
 */
export function Nested<F extends Fields>(name: string, description: string, fields: F): OpenField<Of<F>, Given<F>> {
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
