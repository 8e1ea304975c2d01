/** The schema that is served: one at a time, replaced as a whole when other versions of read models go live. */
import type { GraphQLSchema } from 'graphql';

export class ServedSchema {
  readonly #listeners = new Set<(schema: GraphQLSchema) => void>();
  #current: GraphQLSchema;

  constructor(first: GraphQLSchema) {
    this.#current = first;
  }

  /** The schema that a request which begins now is answered by, from its first check to its last field. */
  current(): GraphQLSchema {
    return this.#current;
  }

  /** Serves another schema from the next request on. Requests that are under way end on the one that they began with. */
  replace(schema: GraphQLSchema): void {
    this.#current = schema;
    for (const listener of this.#listeners) listener(schema);
  }

  /** Tells the listener of every schema that takes over from now on. @returns what ends that. */
  onReplace(listener: (schema: GraphQLSchema) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
