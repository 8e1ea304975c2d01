/** One store that tests open sides of, and what they do with a fresh one. */
import type { ViewReader, ViewWriter } from '../../../src/views/port.js';
import { deals } from './deals.js';

/** A store that is empty at first. Each side may be opened any number of times, as by several processes. */
export interface ViewStore {
  writer(): Promise<ViewWriter>;
  reader(): Promise<ViewReader>;
  /** Closes every side that was opened and removes what they stored. */
  remove(): Promise<void>;
}

export interface Sides {
  readonly writer: ViewWriter;
  readonly reader: ViewReader;
  readonly store: ViewStore;
}

export type OpenStore = () => Promise<ViewStore>;

/** Runs a test on a fresh store that is prepared for deals. */
export function onStore(open: OpenStore, test: (sides: Sides) => Promise<void>): () => Promise<void> {
  return async () => {
    const store = await open();
    try {
      const writer = await store.writer();
      await writer.prepare([deals]);
      await test({ writer, reader: await store.reader(), store });
    } finally {
      await store.remove();
    }
  };
}
