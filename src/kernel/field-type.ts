/** What a field may hold, said once: the API makes GraphQL types of it, the command its validation, the view store its columns. */

/** A class whose instances are nested in a field. */
export type Shape = abstract new () => object;

export type FieldType =
  | { readonly kind: 'id'; readonly ref?: string; readonly uuid?: true }
  | { readonly kind: 'user' }
  | { readonly kind: 'text'; readonly max: number; readonly pattern?: RegExp; readonly hint?: string }
  | { readonly kind: 'choice'; readonly name: string; readonly values: readonly string[] }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'int'; readonly min: number; readonly max: number }
  | { readonly kind: 'decimal'; readonly min: number; readonly max: number }
  | { readonly kind: 'money' }
  | { readonly kind: 'moneys' }
  | { readonly kind: 'distribution' }
  | { readonly kind: 'day' }
  | { readonly kind: 'instant' }
  | { readonly kind: 'list'; readonly of: FieldType; readonly max: number }
  | { readonly kind: 'nested'; readonly shape: () => Shape };

/** The id of a record of this program's making or of the caller's. */
export const Id: FieldType = { kind: 'id' };

/** The id of another record, by its stream type; commands refuse ids that do not exist, the API loads the record itself. */
export const Ref = (type: string): FieldType => ({ kind: 'id', ref: type });

/** An id that must be a UUID. */
export const Uuid: FieldType = { kind: 'id', uuid: true };

/** The id of a user. */
export const User: FieldType = { kind: 'user' };

/** Text of 1 to `max` characters. Control characters other than tab and line ends are refused. */
export const Text = (max: number): FieldType => ({ kind: 'text', max });

/** An address that an e-mail could reach, at most 254 characters (RFC 5321). */
export const Email: FieldType = {
  kind: 'text',
  max: 254,
  pattern: /^[^\s@"(),:;<>[\]\\]+@[^\s@"(),:;<>[\]\\.]+(\.[^\s@"(),:;<>[\]\\.]+)+$/u,
  hint: 'an e-mail address such as ana@example.com',
};

/** A phone number as people write it: 5 to 15 digits (E.164 has at most 15), with `+`, blanks, dots, dashes, slashes and brackets. */
export const Phone: FieldType = {
  kind: 'text',
  max: 40,
  pattern: /^\+?(?:[ ()./-]*[0-9]){5,15}[ ()./-]*$/,
  hint: 'a phone number of 5 to 15 digits such as +40 21 555 0100',
};

/** A web address with http or https. */
export const WebSite: FieldType = {
  kind: 'text',
  max: 500,
  pattern: /^https?:\/\/[^\s/?#.]+(?:\.[^\s/?#.]+)+\.?(?:[/?#]\S*)?$/i,
  hint: 'a web address such as https://example.com',
};

/** ISO 4217 alphabetic code. */
export const Currency: FieldType = { kind: 'text', max: 3, pattern: /^[A-Z]{3}$/, hint: 'an ISO 4217 code such as EUR' };

/** A language tag such as `ro` or `pt-BR` (BCP 47). */
export const Language: FieldType = {
  kind: 'text',
  max: 35,
  pattern: /^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$/,
  hint: 'a BCP 47 tag such as pt-BR',
};

/** A calendar month, `2018-02`. */
export const Month: FieldType = { kind: 'text', max: 7, pattern: /^\d{4}-(0[1-9]|1[0-2])$/, hint: 'a month such as 2018-02' };

/** One of a fixed list. `name` names the list in the API. */
export const Choice = (name: string, values: readonly string[]): FieldType => ({ kind: 'choice', name, values });

export const Flag: FieldType = { kind: 'boolean' };

/** A whole number within `min` and `max`, both allowed. */
export const Int = (min = -2_147_483_648, max = 2_147_483_647): FieldType => ({ kind: 'int', min, max });

/** A number within `min` and `max`, both allowed. */
export const Decimal = (min = -Number.MAX_VALUE, max = Number.MAX_VALUE): FieldType => ({ kind: 'decimal', min, max });

/** An amount in minor units of a currency. */
export const MoneyField: FieldType = { kind: 'money' };

/** Amounts in several currencies, at most one for each: what sums of money become. Only for read models. */
export const Moneys: FieldType = { kind: 'moneys' };

/** How many values there were and how they were spread: a mergeable sketch. Only for read models. */
export const DistributionField: FieldType = { kind: 'distribution' };

/** A calendar day, `2018-02-26`. */
export const Day: FieldType = { kind: 'day' };

/** An instant; on the way in any ISO 8601 with a zone, kept in UTC with milliseconds. */
export const Instant: FieldType = { kind: 'instant' };

/** Up to `max` values of one type. */
export const List = (of: FieldType, max: number): FieldType => ({ kind: 'list', of, max });

/** An object with fields of its own. */
export const Nested = (shape: () => Shape): FieldType => ({ kind: 'nested', shape });
