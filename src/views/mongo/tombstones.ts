/** Clearing away what is kept only against late writers: tombstones where no versions are kept, and events that wait no longer. */
import type { Position } from '../../kernel/event.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { Collections } from './layout.js';

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;

/** A writer that is a day late is none any more: its connection has ended. */
const old = () => ({ gone: { $lt: Date.now() - DAY_MS } });

export class Tombstones {
  readonly #cleared = new Map<string, number>();

  /**
   * At most once an hour for each build. Where versions are kept, tombstones are too: they are few beside the versions, and `scan` finds
   * removed documents by them.
   * @param checkpoint before the commit: what is ahead of it is still needed when the batch is repeated
   */
  async clear({ history }: ReadModelSpec, { current, waiting }: Collections, checkpoint: Position): Promise<void> {
    const now = performance.now();
    const last = this.#cleared.get(current.collectionName) ?? now;
    this.#cleared.set(current.collectionName, now - last < EVERY_MS ? last : now);
    if (now - last < EVERY_MS) return;
    if (!history) await current.deleteMany({ live: false, since: { $lt: checkpoint }, ...old() });
    await waiting.deleteMany({ done: true, ...old() });
  }
}
