/** The tables beside `events`: what its numbers stand for. */
import type { Stream } from '../../kernel/event.js';
import type { Database } from '../../sqlite/database.js';
import type { Numbered, Row, Shared } from './row.js';
import { builderOf, whole } from './shapes.js';
import { Streams } from './streams.js';
import { Texts } from './texts.js';

/** The maximum number of stored texts with which new shapes are added. Data with names that never repeat is stored whole. */
const SHAPED_UNTIL = 2_000;

/** The numbers of an event's texts. */
export interface Numbers {
  readonly type: number;
  readonly actor: number;
  readonly onBehalfOf: number | null;
  readonly acknowledged: number | null;
  readonly shape: number | null;
  readonly data: string;
}

export class Tables implements Numbered {
  readonly streams: Streams;
  readonly #texts: Texts;
  readonly #builders = new Map<number, ReturnType<typeof builderOf>>();

  constructor(database: Database) {
    this.#texts = new Texts(database);
    this.streams = new Streams(database, this.#texts);
  }

  text(id: number): string {
    return this.#texts.at(id);
  }

  stream(id: number): Stream {
    return this.streams.at(id);
  }

  data(shape: number, values: readonly unknown[]): unknown {
    const known = this.#builders.get(shape);
    if (known) return known(values);
    const builder = builderOf(this.#texts.at(shape));
    this.#builders.set(shape, builder);
    return builder(values);
  }

  /** The same for rows of one stream, whose name is known. */
  within({ type, id }: Stream): Numbered {
    const stream = { type, id };
    return { text: (of) => this.text(of), stream: () => stream, data: (shape, values) => this.data(shape, values) };
  }

  /** Adds the texts of an event that are new. Within a write transaction; `forget` when that is rolled back. */
  add({ type, actor, onBehalfOf, acknowledged, shape, data }: Row): Numbers {
    const numbers = {
      type: this.#texts.add(type),
      actor: this.#texts.add(actor),
      onBehalfOf: this.#optional(onBehalfOf),
      acknowledged: this.#optional(acknowledged),
      shape: this.#shape(shape),
    };
    return { ...numbers, data: shape !== null && numbers.shape === null ? whole({ shape, values: data }) : data };
  }

  /** Forgets what is in memory: what was added has been rolled back. */
  forget(): void {
    this.#texts.forget();
    this.streams.forget();
    this.#builders.clear();
  }

  #optional(text: Shared): number | null {
    return text === null ? null : this.#texts.add(text);
  }

  #shape(shape: Shared): number | null {
    if (shape === null) return null;
    return this.#texts.find(shape) ?? (this.#texts.count() < SHAPED_UNTIL ? this.#texts.add(shape) : null);
  }
}
