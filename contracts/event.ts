/** Event types: version, fields, and the upcasters of earlier versions. */
import { z } from 'zod';
import type { Fields, Of, Whole } from './fields/index.js';

/** An event that a command has decided, before it is appended. */
export interface NewEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly version: number;
  readonly data: Data;
}

/** An earlier version of an event type, and the function that converts its data to the next version. */
interface Upcaster {
  readonly from: number;
  readonly fields: Fields;
  readonly schema: z.ZodType;
  readonly lift: (data: never) => unknown;
}

/** An event type, whatever the type of its data. */
export interface AnyEventDefinition {
  readonly type: string;
  readonly version: number;
  /** A sentence for the published contract. */
  readonly description: string;
  readonly fields: Fields;
  readonly schema: z.ZodType;
  readonly upcasters: readonly Upcaster[];
  /** Set when sealed fields under the keys that the event names are withheld from then on, and why: see `erasure`. */
  readonly withholds?: 'erased' | 'lost';
}

/** An event type at its current version. Called with data, it validates the data and returns a {@link NewEvent}. */
export interface EventDefinition<Type extends string = string, F extends Fields = Fields> extends AnyEventDefinition {
  (data: Whole<F>): NewEvent<Type, Whole<F>>;
  readonly type: Type;
  readonly fields: F;
  /**
   * Declares the fields of version `from`, and how its data becomes data of version `from + 1`.
   * Called once per superseded version, from 1 upwards; the definition's own version is the last `from` plus one.
   * @throws RangeError when `from` is not the next version.
   */
  upcast<Old extends Fields>(from: number, fields: Old, lift: (data: Of<Old>) => unknown): EventDefinition<Type, F>;
}

/** The union of the events of a list of definitions. */
export type EventOf<Definitions extends readonly AnyEventDefinition[]> = {
  [K in keyof Definitions]: Definitions[K] extends EventDefinition<infer Type, infer F> ? NewEvent<Type, Of<F>> : never;
}[number];

/**
 * Declares an event type, version 1.
 * @param type in the past tense, unique in the whole log, never changed
 * @param description a sentence for the published contract
 */
export function event<Type extends string, F extends Fields>(type: Type, description: string, fields: F): EventDefinition<Type, F> {
  return define(type, description, fields, []);
}

function define<Type extends string, F extends Fields>(
  type: Type,
  description: string,
  fields: F,
  upcasters: readonly Upcaster[],
): EventDefinition<Type, F> {
  const version = upcasters.length + 1;
  const schema = storedObject(fields).meta({ description });
  const whole = z.object(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.whole])));
  const make = (data: Whole<F>): NewEvent<Type, Whole<F>> => ({ type, version, data: whole.parse(data) as Whole<F> });
  return Object.assign(make, {
    type,
    version,
    description,
    fields,
    schema,
    upcasters,
    upcast<Old extends Fields>(from: number, old: Old, lift: (data: Of<Old>) => unknown): EventDefinition<Type, F> {
      if (from !== version) {
        throw new RangeError(`${type}: upcasters are declared in order; the next is from version ${version}, not ${from}.`);
      }
      return define(type, description, fields, [...upcasters, { from, fields: old, schema: storedObject(old), lift }]);
    },
  });
}

function storedObject(fields: Fields): z.ZodObject {
  return z.object(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.stored])));
}

/** The fields of an event type at a version; undefined when the version is not known to this program. */
export function fieldsAt(definition: AnyEventDefinition, version: number): Fields | undefined {
  return version === definition.version ? definition.fields : definition.upcasters[version - 1]?.fields;
}

/**
 * Converts data of any published version to the current one.
 * @throws RangeError when the version is invalid or newer than this program knows.
 */
export function upcast(definition: AnyEventDefinition, version: number, data: unknown): unknown {
  if (version === definition.version) return data;
  if (!Number.isInteger(version) || version < 1 || version > definition.version) {
    throw new RangeError(
      `${definition.type} version ${version} is not known to this program, which knows 1 to ${definition.version}. Run the version of Daybook that wrote it, or a later one.`,
    );
  }
  let current = data;
  for (const step of definition.upcasters.slice(version - 1)) current = step.lift(step.schema.parse(current) as never);
  return definition.schema.parse(current);
}
