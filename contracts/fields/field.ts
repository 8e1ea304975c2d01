/** The declaration of a field: kind, absence, personal data and description. */
import { z } from 'zod';
import type { Absence, AnyField, Kind } from './kind.js';

interface Parts {
  readonly absence: Absence;
  readonly fallback?: unknown;
  readonly description?: string;
  readonly sealed?: true;
  readonly openReason?: string;
}

/** An immutable field declaration: each method returns a new one. */
export class Field<Value = unknown, A extends Absence = Absence, Input = Value, Seal extends boolean = boolean> implements AnyField {
  /** Exist in types only: the stored value; the input value, in which parts of objects may be left out; what absence means; whether it is sealed. */
  declare readonly value: Value;
  declare readonly given: Input;
  declare readonly absent: A;
  declare readonly isSealed: Seal;

  readonly #parts: Parts;

  private constructor(
    readonly kind: Kind,
    parts: Parts,
  ) {
    this.#parts = parts;
  }

  /** A required field of a kind that is not sealed. */
  static of<Value, Input = Value>(kind: Kind): Field<Value, 'required', Input, false> {
    return new Field<Value, 'required', Input, false>(kind, { absence: 'required' });
  }

  /** A required field of a kind that is sealed. */
  static ofSealed<Value, Input = Value>(kind: Kind): Field<Value, 'required', Input, true> {
    return new Field<Value, 'required', Input, true>({ ...kind, sealed: true }, { absence: 'required' });
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

  get sealed(): boolean {
    const { sealed, openReason } = this.#parts;
    return openReason === undefined && (sealed ?? this.kind.sealed ?? false);
  }

  get openReason(): string | undefined {
    return this.#parts.openReason;
  }

  /** May be left out, and is then null. */
  optional(): Field<Value, 'optional', Input, Seal> {
    return this.#with({ absence: 'optional' });
  }

  /** May be left out, and then has this value. */
  default(fallback: Value): Field<Value, 'defaulted', Input, Seal> {
    return this.#with({ absence: 'defaulted', fallback });
  }

  /** Personal data of a kind that is not sealed by default, such as a day of birth. */
  seal(): Field<Value, A, Input, true> {
    return this.#with({ sealed: true });
  }

  /**
   * Not personal data, though its kind is sealed by default: the log stores it in the clear, where it can't be erased.
   * @param reason why; a test lists all reasons
   */
  open(reason: string): Field<Value, A, Input, false> {
    return this.#with({ openReason: reason });
  }

  /** Sets the description in the published contract: a sentence. */
  describe(description: string): Field<Value, A, Input, Seal> {
    return this.#with({ description });
  }

  /** The same field in a revision: left out, it stays unchanged. @param clears whether null clears it */
  change(clears = this.absence === 'optional'): Field<Value, 'kept' | 'clearable', Input, Seal> {
    return this.#with({ absence: clears ? 'clearable' : 'kept' });
  }

  /** The schema of a stored value, in events and documents. A sealed value may be withheld: then it is null. */
  get stored(): z.ZodType {
    const { absence } = this.#parts;
    return this.sealed && (absence === 'required' || absence === 'defaulted') ? this.whole.nullable() : this.whole;
  }

  /** The schema of a value that is not withheld. */
  get whole(): z.ZodType {
    const { absence, description } = this.#parts;
    const meta = { ...(description === undefined ? {} : { description }), ...(this.sealed ? { sealed: true } : {}) };
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

  #with<B extends Absence, S extends boolean>(parts: Partial<Parts>): Field<Value, B, Input, S> {
    return new Field<Value, B, Input, S>(this.kind, { ...this.#parts, ...parts });
  }
}

/** A required field that is not sealed. */
export type OpenField<Value, Input = Value> = Field<Value, 'required', Input, false>;

/** A required field that is sealed. */
export type SealedField<Value, Input = Value> = Field<Value, 'required', Input, true>;

/** No fields: a type without keys. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type
export type None = Readonly<Record<never, never>>;

/** Fields by name. */
export type Fields = Readonly<Record<string, Field>>;

type Named<F extends Fields, A extends Absence> = { [K in keyof F]: F[K]['absent'] extends A ? K : never }[keyof F];
type Plain<T> = { readonly [K in keyof T]: T[K] };

/** The value of a field that must be there: null where it is sealed and was erased. */
type OrWithheld<F extends Field> = F['isSealed'] extends false ? F['value'] : F['value'] | null;

/** The stored values of fields, in recorded events, states and documents: sealed ones are null once they are erased. */
export type Of<F extends Fields> = Plain<
  { readonly [K in Named<F, 'required' | 'defaulted'>]: OrWithheld<F[K]> } & {
    readonly [K in Named<F, 'optional'>]: F[K]['value'] | null;
  } & { readonly [K in Named<F, 'kept'>]?: F[K]['value'] | undefined } & {
    readonly [K in Named<F, 'clearable'>]?: F[K]['value'] | null | undefined;
  }
>;

/** The values of fields of which none is withheld: in inputs, and in events that are made. */
export type Whole<F extends Fields> = Plain<
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
  readonly [K in keyof F]: Field<F[K]['value'], F[K]['absent'] extends 'optional' ? 'clearable' : 'kept', F[K]['given'], F[K]['isSealed']>;
};

/** The fields of a revision, for its event and its command. */
export function changes<F extends Fields>(fields: F): Changes<F> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.change()])) as Changes<F>;
}

/** Some of the fields. */
export function pick<F extends Fields, Name extends keyof F>(fields: F, ...names: readonly Name[]): Pick<F, Name> {
  return Object.fromEntries(names.map((name) => [name, fields[name]])) as Pick<F, Name>;
}
