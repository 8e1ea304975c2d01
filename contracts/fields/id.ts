/** Field kinds for ids. */
import { z } from 'zod';
import type { RecordTypeName } from '../record-types.js';
import { Field, type OpenField } from './field.js';
import type { Kind } from './kind.js';
import { must } from './must.js';

export const patterns = {
  id: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  /** Of RFC 9562: the ids of a command's events are derived from its own, which takes no other. */
  uuid: /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|0{8}(?:-0{4}){3}-0{12}|f{8}(?:-f{4}){3}-f{12})$/i,
  user: /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/,
} as const;

function idKind(name: string, pattern: RegExp, be: string, stored: z.ZodType = z.string().regex(pattern)): Kind {
  return {
    name,
    stored,
    input: z.string({ error: must(`be ${be}`) }).regex(pattern, { error: `must be ${be}` }),
    api: { named: 'ID' },
    allowed: `${be.charAt(0).toUpperCase()}${be.slice(1)}.`,
    compared: 'exact',
    expression: { types: ['string'], says: 'a text' },
  };
}

const id = idKind('id', patterns.id, 'an id: 1 to 64 letters, digits, "_" or "-"');

/** The id of a record: 1 to 64 letters, digits, `_` or `-`. Daybook generates UUIDs. */
export const Id: OpenField<string> = Field.of(id);

/** The id of another record. Commands refuse unknown ids; GraphQL adds the record itself: `account` for `accountId`. */
export const Ref = (type: RecordTypeName): OpenField<string> => Field.of({ ...id, refersTo: type });

/** A UUID. */
export const Uuid: OpenField<string> = Field.of(idKind('id', patterns.uuid, 'a UUID', z.uuid()));

/** The id of a user, or of a program that acts as one. It stands in the clear in every event, so it is no e-mail address. GraphQL adds the actor: `owner` for `ownerId`. */
export const User: OpenField<string> = Field.of({
  ...idKind('user', patterns.user, 'a user id: 1 to 100 letters, digits or "_.:-"'),
  isUser: true,
});
