/** Every event type that a log of this program may hold. */
import type { EventDefinition } from './event.js';
import * as operations from './operations/index.js';
import * as parties from './parties/index.js';
import * as sales from './sales/index.js';

/** The event types of each stream type. */
export const streamTypes: Readonly<Record<string, readonly EventDefinition[]>> = {
  ...operations.streamTypes,
  ...parties.streamTypes,
  ...sales.streamTypes,
};

/** Finds the current definition of an event type; undefined of one that is not known. */
export type Definitions = (type: string) => EventDefinition | undefined;

/** The definitions of these stream types' events. @throws TypeError when an event type is declared twice. */
export function definitionsOf(types: typeof streamTypes): Definitions {
  const definitions = new Map<string, EventDefinition>();
  for (const definition of Object.values(types).flat()) {
    if (definitions.has(definition.type)) {
      throw new TypeError(`The event type ${definition.type} is declared twice; type names are unique in the log.`);
    }
    definitions.set(definition.type, definition);
  }
  return (type) => definitions.get(type);
}

/** The definitions of this program's events: what is meant wherever no others are given. */
export const definitionOf = definitionsOf(streamTypes);
