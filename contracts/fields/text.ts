/** Field kinds for text: free text, and text with a format. */
import { z } from 'zod';
import { Field, type OpenField, type SealedField } from './field.js';
import type { Kind } from './kind.js';
import { must } from './must.js';

/** Text without control characters other than tabs and line ends, and without unpaired surrogates. */
// eslint-disable-next-line no-control-regex
const printable = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\p{Cs}]*$/u;

interface TextOptions {
  /** The maximum number of characters (code points). */
  readonly max: number;
  readonly pattern?: RegExp;
  /** Describes the pattern: completes the sentence "email must be …". */
  readonly hint?: string;
  readonly stored?: z.ZodType<string>;
  /** The GraphQL type. Defaults to `String`. */
  readonly api?: Kind['api'];
}

/** Creates a kind of text. Inputs are trimmed. */
export function textKind(name: string, { max, pattern, hint, stored = z.string(), ...others }: TextOptions): Kind {
  const base = z
    .string({ error: must('be text') })
    .trim()
    .min(1, { error: 'must not be empty', abort: true })
    .refine((value) => isWithin(value, max), { error: `must be at most ${max} characters long`, abort: true })
    .refine((value) => printable.test(value), { error: 'must be text without control characters', abort: true });
  return {
    name,
    stored,
    input: pattern ? base.refine((value) => pattern.test(value), { error: `must be ${hint ?? `of the form ${pattern.source}`}` }) : base,
    api: { named: 'String' },
    allowed: hint ? `${hint.charAt(0).toUpperCase()}${hint.slice(1)}.` : `At most ${max} characters.`,
    compared: 'text',
    expression: { types: ['string'], says: 'a text' },
    ...others,
  };
}

function isWithin(value: string, max: number): boolean {
  return value.length <= max || (value.length <= 2 * max && Array.from(value).length <= max);
}

/** Free text of 1 to `max` characters, which is sealed. Control characters other than tab and line ends are refused. */
export const Text = (max: number): SealedField<string> => Field.ofSealed(textKind('text', { max }));

/** An e-mail address of at most 254 characters (RFC 5321). */
export const Email: SealedField<string> = Field.ofSealed(
  textKind('text', {
    max: 254,
    pattern: /^[^\s@"(),:;<>[\]\\]+@[^\s@"(),:;<>[\]\\.]+(\.[^\s@"(),:;<>[\]\\.]+)+$/u,
    hint: 'an e-mail address such as ana@example.com',
  }),
);

/** A phone number as people write it: 5 to 15 digits (E.164 has at most 15), with `+`, blanks, dots, dashes, slashes and brackets. */
export const Phone: SealedField<string> = Field.ofSealed(
  textKind('text', {
    max: 40,
    pattern: /^\+?(?:[ ()./-]*[0-9]){5,15}[ ()./-]*$/,
    hint: 'a phone number of 5 to 15 digits such as +40 21 555 0100',
  }),
);

/** A web address with http or https. */
export const WebSite: SealedField<string> = Field.ofSealed(
  textKind('text', {
    max: 500,
    pattern: /^https?:\/\/[^\s/?#.]+(?:\.[^\s/?#.]+)+\.?(?:[/?#]\S*)?$/i,
    hint: 'a web address such as https://example.com',
  }),
);

/** A language tag such as `ro` or `pt-BR` (BCP 47). */
export const Language: OpenField<string> = Field.of(
  textKind('text', { max: 35, pattern: /^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$/, hint: 'a BCP 47 tag such as pt-BR' }),
);

/** A calendar month, `2018-02`. */
export const Month: OpenField<string> = Field.of(
  textKind('text', { max: 7, pattern: /^\d{4}-(0[1-9]|1[0-2])$/, hint: 'a month such as 2018-02' }),
);
