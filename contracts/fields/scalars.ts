/** The custom GraphQL scalars of the field kinds. */
import { isDay, isInstant, toInstant } from './calendar.js';
import type { ApiScalar } from './kind.js';

/** The number; undefined when it is not a safe integer. */
export function safeInteger(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

export const bigInt: ApiScalar = {
  name: 'BigInt',
  description: 'A whole number from -(2^53 - 1) to 2^53 - 1, as a string of digits.',
  allowed: 'a whole number within 2^53 - 1, as a string of digits',
  read: safeInteger,
  write: String,
};

export const date: ApiScalar = {
  name: 'Date',
  description: 'A calendar day without a time: 2018-02-26.',
  allowed: 'a day such as 2018-02-26',
  specifiedBy: 'https://scalars.graphql.org/andimarek/local-date.html',
  read: (value) => (typeof value === 'string' && isDay(value) ? value : undefined),
};

export const dateTime: ApiScalar = {
  name: 'DateTime',
  description: 'An instant, ISO 8601 in UTC with milliseconds: 2018-02-26T19:58:54.000Z. Inputs may have any time zone offset.',
  allowed: 'an instant with a time zone offset, on a valid day, such as 2018-02-26T19:58:54Z',
  specifiedBy: 'https://scalars.graphql.org/andimarek/date-time.html',
  read: (value) => {
    const instant = toInstant(value);
    return typeof instant === 'string' && isInstant(instant) ? instant : undefined;
  },
};

export const currencyCode: ApiScalar = {
  name: 'CurrencyCode',
  description: 'An ISO 4217 alphabetic code: EUR.',
  allowed: 'an ISO 4217 code such as EUR',
  specifiedBy: 'https://en.wikipedia.org/wiki/ISO_4217',
  read: (value) => (typeof value === 'string' && /^[A-Z]{3}$/.test(value) ? value : undefined),
};
