/** Field kinds for numbers, and flags. */
import { z } from 'zod';
import { Field, type OpenField } from './field.js';
import { must } from './must.js';
import { bigInt } from './scalars.js';

const LARGEST_32 = 2_147_483_647;

/** A whole number from `min` to `max`. */
export function Int(min = -LARGEST_32 - 1, max = LARGEST_32): OpenField<number> {
  const is32 = min >= -LARGEST_32 - 1 && max <= LARGEST_32;
  return Field.of({
    name: 'int',
    stored: z.number().int().min(min).max(max),
    input: z
      .int({ error: must('be a whole number'), abort: true })
      .refine((value) => value >= min && value <= max, { error: `must be from ${min} to ${max}` }),
    api: is32 ? { named: 'Int' } : { scalar: bigInt },
    ...(max < LARGEST_32 ? { allowed: `From ${min} to ${max}.` } : {}),
    compared: 'int',
    added: 'int',
    expression: { types: ['int'], says: 'a whole number: whole(text), cents(text)' },
  });
}

/** A number from `min` to `max`. */
export function Decimal(min = -Number.MAX_VALUE, max = Number.MAX_VALUE): OpenField<number> {
  return Field.of({
    name: 'decimal',
    stored: z.number().min(min).max(max),
    input: z
      .number({ error: must('be a number') })
      .refine((value) => value >= min && value <= max, { error: `must be from ${min} to ${max}` }),
    api: { named: 'Float' },
    compared: 'decimal',
    added: 'decimal',
    expression: { types: ['double', 'int'], says: 'a number: double(text)' },
  });
}

/** True or false. */
export const Flag: OpenField<boolean> = Field.of({
  name: 'boolean',
  stored: z.boolean(),
  input: z.boolean({ error: must('be true or false') }),
  api: { named: 'Boolean' },
  compared: 'boolean',
  expression: { types: ['bool'], says: 'true or false' },
});
