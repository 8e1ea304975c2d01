/** The kinds of fields: everything that the program does with a value depends on its kind. A new kind is a new file in this folder. */
import type { z } from 'zod';
import type { RecordTypeName } from '../record-types.js';

/**
 * What happens when a field is left out.
 * `required`: refused. `optional`: stored as null. `defaulted`: stored as the default.
 * In revisions only, `kept`: unchanged; `clearable`: unchanged, and null clears it.
 */
export type Absence = 'required' | 'optional' | 'defaulted' | 'kept' | 'clearable';

/** A field, whatever the type of its values. */
export interface AnyField {
  readonly kind: Kind;
  readonly absence: Absence;
  /** The stored value when a `defaulted` field is left out. */
  readonly fallback: unknown;
  /** The description in the published contract. */
  readonly description: string | undefined;
  /** Whether the log stores it encrypted: then it is null once its key was dropped. */
  readonly sealed: boolean;
  /** Why a value that is sealed by default is not. Undefined for all others. */
  readonly openReason: string | undefined;
  /** The schema of a stored value, in events and documents. A sealed value may be withheld: then it is null. */
  readonly stored: z.ZodType;
  /** The schema of a value that is not withheld. */
  readonly whole: z.ZodType;
  /** The schema of an input value, which converts it to its stored form. @throws TypeError when the kind is only for read models */
  readonly input: z.ZodType;
}

/** Fields by name, whatever the types of their values. */
export type AnyFields = Readonly<Record<string, AnyField>>;

export interface Kind {
  /** Part of a read model's hash (`shapeOf`). */
  readonly name: string;
  /** The schema of a stored value, in events and documents. */
  readonly stored: z.ZodType;
  /** The schema of an input value, which converts it to its stored form. Absent for kinds that are only for read models. */
  readonly input?: z.ZodType;
  /** The type in the GraphQL contract. */
  readonly api: ApiType;
  /** Converts a stored value for GraphQL. Absent when it is returned unchanged. */
  readonly show?: (value: never) => unknown;
  /** The allowed values, as a sentence for the published contract. Absent when the type says it. */
  readonly allowed?: string;
  /** How stores compare it. Absent when it can't be filtered, sorted or grouped by. */
  readonly compared?: Comparison;
  /** How summaries aggregate it. Absent when it can't be a measure. */
  readonly added?: Addition;
  /** Summaries can group it by calendar periods. */
  readonly cut?: Cut;
  /** Its values may be personal data: the log stores them encrypted unless a field is declared `open`. */
  readonly sealed?: true;
  /** The types of import mapping expressions that it accepts. */
  readonly expression?: ExpressionTypes;
  /** The record type whose ids are its values. */
  readonly refersTo?: RecordTypeName;
  /** Its values are user ids. */
  readonly isUser?: true;
  /** The fields of a value that is an object. */
  readonly fields?: AnyFields;
  /** The entries of a value that is a list. */
  readonly entry?: AnyField;
}

/** `text`: exactly, and ignoring case and accents. `exact`: only exactly. */
export type Comparison = 'text' | 'exact' | 'boolean' | 'int' | 'decimal' | 'money';

/** What is cut into calendar periods: days as they stand, instants in a time zone. */
export type Cut = 'day' | 'instant';

export type Addition = 'int' | 'decimal' | 'money' | 'moneyByCurrency' | 'distribution';

/** A GraphQL type as data, so that the domain model does not depend on a GraphQL library. */
export type ApiType =
  /** A type that GraphQL or `src/api` defines. */
  | { readonly named: string }
  | {
      readonly enum: string;
      readonly values: readonly string[];
      readonly description: string;
      /** What each value means. Absent where the value is not part of the contract. */
      readonly meanings?: Readonly<Record<string, string>>;
    }
  | { readonly scalar: ApiScalar }
  | { readonly object: string; readonly fields: AnyFields; readonly description: string }
  /** An input that has exactly one of its fields. */
  | { readonly oneOf: string; readonly fields: AnyFields; readonly description: string }
  | { readonly list: ApiType };

/** A custom scalar. */
export interface ApiScalar {
  readonly name: string;
  readonly description: string;
  /** Completes the sentence "Date must be …". */
  readonly allowed: string;
  /** The URL of its specification, if there is one. */
  readonly specifiedBy?: string;
  /** Parses a value; undefined when it is not allowed. */
  readonly read: (value: unknown) => unknown;
  /** Serializes a value. Absent when it is returned unchanged. */
  readonly write?: (value: unknown) => unknown;
}

/** Types of the Common Expression Language, and a description of them for people. */
export interface ExpressionTypes {
  readonly types: readonly ('string' | 'int' | 'double' | 'bool' | 'list' | 'map' | 'google.protobuf.Timestamp')[];
  readonly says: string;
}
