/** Deletes rows that are kept only against late writes: tombstones of read models without history, and resolved dead letters. */
import { DAY_MS } from '../../kernel/calendar.js';
import type { Position } from '../../kernel/event.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { Collections } from './layout.js';

const EVERY_MS = 3_600_000;

/** No write is a day late: its connection has ended by then. */
const old = () => ({ gone: { $lt: Date.now() - DAY_MS } });

export class Tombstones {
  readonly #cleared = new Map<string, number>();

  /**
   * Runs at most once an hour per build. Tombstones of read models with history are kept: `scan` finds removed documents by them.
   * @param checkpoint before the commit: rows beyond it are needed if the batch is repeated
   */
  async clear({ history }: ReadModelSpec, { current, deadLetters }: Collections, checkpoint: Position): Promise<void> {
    const now = performance.now();
    const last = this.#cleared.get(current.collectionName) ?? now;
    this.#cleared.set(current.collectionName, now - last < EVERY_MS ? last : now);
    if (now - last < EVERY_MS) return;
    if (!history) await current.deleteMany({ live: false, since: { $lt: checkpoint }, ...old() });
    await deadLetters.deleteMany({ done: true, ...old() });
  }
}
