/** Money: an integer of minor units and a currency. It is never a floating-point number. */
import { z } from 'zod';
import { objectInput } from './composite.js';
import { Field, type OpenField, type Fields } from './field.js';
import { Int } from './number.js';
import { currencyCode } from './scalars.js';
import { textKind } from './text.js';

const currency = /^[A-Z]{3}$/;

/** An ISO 4217 alphabetic code. */
export const Currency: OpenField<string> = Field.of(
  textKind('text', {
    max: 3,
    pattern: currency,
    hint: 'an ISO 4217 code such as EUR',
    stored: z.string().regex(currency),
    api: { scalar: currencyCode },
  }),
);

/** An amount in minor units (cents) of a currency. */
export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** The largest single amount, in minor units: a trillion euros. Sums are exact up to 90 times as much; a larger sum stops a read model. */
const LARGEST = 1e14;

const fields: Fields = {
  amount: Int(-LARGEST, LARGEST).describe('Minor units, for example cents.'),
  currency: Currency.describe('ISO 4217.'),
};

/** An amount in minor units of a currency. */
export const MoneyField: OpenField<Money> = Field.of({
  name: 'money',
  stored: z.object({ amount: z.number().int(), currency: z.string().regex(currency) }),
  input: objectInput('Money', fields),
  api: { object: 'Money', fields, description: 'An amount in minor units (cents) of a currency.' },
  compared: 'money',
  added: 'money',
  expression: { types: ['map'], says: 'amount and currency' },
  fields,
});
