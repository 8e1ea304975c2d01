/** The definition of the read-model store: every engine's test runs it. */
import { describe } from '@jest/globals';
import { commits } from './views/commits.js';
import { filters } from './views/filters.js';
import { anyHistory } from './views/model.js';
import { moments } from './views/moments.js';
import { ordersAndPages } from './views/orders.js';
import { search } from './views/search.js';
import type { OpenStore } from './views/store.js';
import { summaries } from './views/summaries.js';

/** @param open a store that is empty; called for each test */
export function viewsConformance(name: string, open: OpenStore): void {
  describe(`${name}: read-model store`, () => {
    commits(open);
    moments(open);
    filters(open);
    ordersAndPages(open);
    search(open);
    summaries(open);
    anyHistory(open);
  });
}
