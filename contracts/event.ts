/** The words in which a contract is written: an event type with its version, its shape, and how older shapes become today's. */
import type { z } from 'zod';

/** An event that a command decided and that no log has taken yet. */
export interface NewEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly version: number;
  readonly data: Data;
}

/** One earlier shape of an event type, and the step that lifts data of that shape to the version after it. */
interface Upcaster {
  readonly from: number;
  readonly schema: z.ZodType;
  readonly lift: (data: never) => unknown;
}

/** An event type at its current version. Called with data, it makes a {@link NewEvent}; the data is checked against the schema. */
export interface EventDefinition<Type extends string = string, Schema extends z.ZodType = z.ZodType> {
  (data: z.input<Schema>): NewEvent<Type, z.output<Schema>>;
  readonly type: Type;
  readonly version: number;
  readonly schema: Schema;
  readonly upcasters: readonly Upcaster[];
  /**
   * Declares the shape that version `from` had, and how its data becomes data of version `from + 1`.
   * Called once per superseded version, from 1 upwards; the definition's own version is the last `from` plus one.
   * @throws RangeError when `from` is not the version that comes next.
   */
  upcast<Old extends z.ZodType>(from: number, schema: Old, lift: (data: z.output<Old>) => unknown): EventDefinition<Type, Schema>;
}

/** The union of the events that a list of definitions makes. */
export type EventOf<Definitions extends readonly EventDefinition[]> = {
  [K in keyof Definitions]: Definitions[K] extends EventDefinition<infer Type, infer Schema> ? NewEvent<Type, z.output<Schema>> : never;
}[number];

/** Declares an event type, version 1. Type names are in the past tense and unique in the whole log. */
export function event<Type extends string, Schema extends z.ZodType>(type: Type, schema: Schema): EventDefinition<Type, Schema> {
  return define(type, schema, []);
}

function define<Type extends string, Schema extends z.ZodType>(
  type: Type,
  schema: Schema,
  upcasters: readonly Upcaster[],
): EventDefinition<Type, Schema> {
  const version = upcasters.length + 1;
  const make = (data: z.input<Schema>): NewEvent<Type, z.output<Schema>> => ({ type, version, data: schema.parse(data) });
  return Object.assign(make, {
    type,
    version,
    schema,
    upcasters,
    upcast<Old extends z.ZodType>(from: number, old: Old, lift: (data: z.output<Old>) => unknown): EventDefinition<Type, Schema> {
      if (from !== version) {
        throw new RangeError(`${type}: upcasters are declared in order; the next is from version ${version}, not ${from}.`);
      }
      return define(type, schema, [...upcasters, { from, schema: old, lift }]);
    },
  });
}

/**
 * Data of any published version, as data of the current one.
 * @throws RangeError when the version is newer than this program knows, or no version at all.
 */
export function upcast(definition: EventDefinition, version: number, data: unknown): unknown {
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

/**
 * Marks a field as personal data of somebody: logs and errors leave it out, and the published schema lists it.
 * `whose` is the field that holds the id of that person's record; without it, the record that the event is about.
 */
export function personal<Schema extends z.ZodType>(schema: Schema, whose = 'id'): Schema {
  return schema.meta({ personal: whose });
}
