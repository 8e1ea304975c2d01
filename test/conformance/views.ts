/** The definition of the read-model store: every engine's test runs it. */
import { describe } from '@jest/globals';
import { builds } from './views/builds.js';
import { commits } from './views/commits.js';
import { filters } from './views/filters.js';
import { leases } from './views/leases.js';
import { anyHistory } from './views/model.js';
import { moments } from './views/moments.js';
import { news } from './views/news.js';
import { ordersAndPages } from './views/orders.js';
import { deadLetters } from './views/dead-letters.js';
import { scans } from './views/scans.js';
import { search } from './views/search.js';
import { rewrites } from './views/rewrites.js';
import type { OpenStore } from './views/store.js';
import { summaries } from './views/summaries.js';

/**
 * @param open a store that is empty; called for each test
 * @param histories how many histories are made up and tried
 */
export function viewsConformance(name: string, open: OpenStore, histories = 60): void {
  describe(`${name}: read-model store`, () => {
    builds(open);
    commits(open);
    leases(open);
    deadLetters(open);
    rewrites(open);
    moments(open);
    filters(open);
    ordersAndPages(open);
    search(open);
    summaries(open);
    scans(open);
    news(open);
    anyHistory(open, histories);
  });
}
