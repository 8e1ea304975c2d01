/** Every event type that a log of this program may hold. */
import type { EventDefinition } from './event.js';
import * as parties from './parties/index.js';
import * as sales from './sales/index.js';

/** The event types of each stream type. */
export const streamTypes: Readonly<Record<string, readonly EventDefinition[]>> = { ...parties.streamTypes, ...sales.streamTypes };

const definitions = new Map<string, EventDefinition>();
for (const definition of Object.values(streamTypes).flat()) {
  if (definitions.has(definition.type)) {
    throw new TypeError(`The event type ${definition.type} is declared twice; type names are unique in the log.`);
  }
  definitions.set(definition.type, definition);
}

/** The current definition of an event type, or undefined when this program does not know it. */
export function definitionOf(type: string): EventDefinition | undefined {
  return definitions.get(type);
}
