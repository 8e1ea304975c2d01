/** The event types that a program knows, by name. */
import type { AnyEventDefinition } from './event.js';

/** Finds the current definition of an event type; undefined when the type is unknown. */
export type Definitions = (type: string) => AnyEventDefinition | undefined;

/** @throws TypeError when an event type is declared twice */
export function definitionsOf(events: readonly AnyEventDefinition[]): Definitions {
  const definitions = new Map<string, AnyEventDefinition>();
  for (const definition of events) {
    if (definitions.has(definition.type)) {
      throw new TypeError(`The event type ${definition.type} is declared twice; type names are unique in the log.`);
    }
    definitions.set(definition.type, definition);
  }
  return (type) => definitions.get(type);
}
