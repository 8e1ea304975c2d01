/** The declaration of a field: kind, absence, personal data and description. */
import { z } from 'zod';
import type { Absence, AnyField, Kind } from './kind.js';

interface Parts {
  readonly absence: Absence;
  readonly fallback?: unknown;
  readonly description?: string;
  /** The field that holds the id of the person's record; `id` for the record itself. */
  readonly personal?: string;
}

/** An immutable field declaration: each method returns a new one. */
export class Field<Value = unknown, A extends Absence = Absence, Input = Value> implements AnyField {
  /** Exist in types only: the stored value; the input value, in which parts of objects may be left out; what absence means. */
  declare readonly value: Value;
  declare readonly given: Input;
  declare readonly absent: A;

  readonly #parts: Parts;

  private constructor(
    readonly kind: Kind,
    parts: Parts,
  ) {
    this.#parts = parts;
  }

  /** A required field of a kind. */
  static of<Value, Input = Value>(kind: Kind): Field<Value, 'required', Input> {
    return new Field<Value, 'required', Input>(kind, { absence: 'required' });
  }

  get absence(): Absence {
    return this.#parts.absence;
  }

  /** The stored value when a `defaulted` field is left out. */
  get fallback(): unknown {
    return this.#parts.fallback;
  }

  /** The description in the published contract. */
  get description(): string | undefined {
    return this.#parts.description;
  }

  /** Set for personal data: the field with the id of the person's record, `id` for the record itself. */
  get whose(): string | undefined {
    return this.#parts.personal;
  }

  /** May be left out, and is then null. */
  optional(): Field<Value, 'optional', Input> {
    return this.#with({ absence: 'optional' });
  }

  /** May be left out, and then has this value. */
  default(fallback: Value): Field<Value, 'defaulted', Input> {
    return this.#with({ absence: 'defaulted', fallback });
  }

  /**
   * Marks personal data: it is left out of logs and errors, and marked in the published schema of events.
   * @param whose the field with the id of the person's record. Defaults to the record itself.
   */
  personal(whose = 'id'): Field<Value, A, Input> {
    return this.#with({ personal: whose });
  }

  /** Sets the description in the published contract: a sentence. */
  describe(description: string): Field<Value, A, Input> {
    return this.#with({ description });
  }

  /** The same field in a revision: left out, it stays unchanged. @param clears whether null clears it */
  change(clears = this.absence === 'optional'): Field<Value, 'kept' | 'clearable', Input> {
    return this.#with({ absence: clears ? 'clearable' : 'kept' });
  }

  /** The schema of a stored value, in events and documents. */
  get stored(): z.ZodType {
    const { absence, description, personal } = this.#parts;
    const meta = { ...(description === undefined ? {} : { description }), ...(personal === undefined ? {} : { personal }) };
    const schema = Object.keys(meta).length > 0 ? this.kind.stored.meta(meta) : this.kind.stored;
    switch (absence) {
      case 'required':
      case 'defaulted':
        return schema;
      case 'optional':
        return schema.nullable();
      case 'kept':
        return schema.optional();
      case 'clearable':
        return schema.nullable().optional();
    }
  }

  /** The schema of an input value, which converts it to its stored form. @throws TypeError when the kind is only for read models */
  get input(): z.ZodType {
    const { input, name } = this.kind;
    if (!input) throw new TypeError(`A field of kind ${name} is computed by read models; it can't be an input.`);
    switch (this.absence) {
      case 'required':
        return input;
      case 'optional':
        return input.nullish().transform((value) => value ?? null);
      case 'defaulted':
        return input.nullish().transform((value) => value ?? this.fallback);
      case 'kept':
        return z
          .custom((value) => value !== null, { error: "can't be cleared; leave it out to keep it", abort: true })
          .pipe(input)
          .optional();
      case 'clearable':
        return input.nullable().optional();
    }
  }

  #with<B extends Absence = A>(parts: Partial<Parts>): Field<Value, B, Input> {
    return new Field<Value, B, Input>(this.kind, { ...this.#parts, ...parts });
  }
}

/** No fields: a type without keys. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type
export type None = Readonly<Record<never, never>>;

/** Fields by name. */
export type Fields = Readonly<Record<string, Field>>;

type Named<F extends Fields, A extends Absence> = { [K in keyof F]: F[K]['absent'] extends A ? K : never }[keyof F];
type Plain<T> = { readonly [K in keyof T]: T[K] };

/** The stored values of fields, in events, states and documents. */
export type Of<F extends Fields> = Plain<
  { readonly [K in Named<F, 'required' | 'defaulted'>]: F[K]['value'] } & {
    readonly [K in Named<F, 'optional'>]: F[K]['value'] | null;
  } & { readonly [K in Named<F, 'kept'>]?: F[K]['value'] | undefined } & {
    readonly [K in Named<F, 'clearable'>]?: F[K]['value'] | null | undefined;
  }
>;

/** The input values of fields. */
export type Given<F extends Fields> = Plain<
  { readonly [K in Named<F, 'required'>]: F[K]['given'] } & {
    readonly [K in Named<F, 'optional' | 'clearable'>]?: F[K]['given'] | null | undefined;
  } & { readonly [K in Named<F, 'defaulted' | 'kept'>]?: F[K]['given'] | undefined }
>;

/** The fields of a revision: what is left out stays unchanged; null clears optional fields. */
export type Changes<F extends Fields> = {
  readonly [K in keyof F]: Field<F[K]['value'], F[K]['absent'] extends 'optional' ? 'clearable' : 'kept', F[K]['given']>;
};

/** The fields of a revision, for its event and its command. */
export function changes<F extends Fields>(fields: F): Changes<F> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.change()])) as Changes<F>;
}

/** Some of the fields. */
export function pick<F extends Fields, Name extends keyof F>(fields: F, ...names: readonly Name[]): Pick<F, Name> {
  return Object.fromEntries(names.map((name) => [name, fields[name]])) as Pick<F, Name>;
}
