/** Pages that take their time: given more work than a lease lasts, when nobody else wants the lease, then the work is done once and counts. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Projection } from '../../src/kernel/projection.js';
import { DealOpened, deals, tallies } from './deals.js';
import { overriding } from '../support/overriding.js';
import { openStage, type Stage } from './stage.js';

describe('a page', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await openStage();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await stage.close();
  });

  it('that takes longer than a lease lasts is committed under it, for this read model and those after it', async () => {
    const now = performance.now.bind(performance);
    let later = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now() + later);
    const slow: Projection = {
      ...tallies,
      changes: (event) => {
        later += 6_000;
        return tallies.changes(event);
      },
    };
    await stage.happens('deal-1', DealOpened({ account: 'a', name: 'Ana', amount: 10 }));
    await stage.project([slow, deals]);
    expect(await stage.documents(deals)).toMatchObject({ 1: { total: 10 } });
    expect(await stage.documents(tallies)).toEqual({ a: { account: 'a', deals: 1 } });
  });

  it('of which the store takes no document is tried twice: all of them wait then, and other read models go on', async () => {
    for (let id = 1; id <= 20; id++) await stage.happens(`deal-${id}`, DealOpened({ account: 'a', name: 'Ana', amount: 0.5 }));
    let commits = 0;
    const views = overriding(stage.writer, { commit: (batch) => ((commits += 1), stage.writer.commit(batch)) });
    await stage.project([deals, tallies], { views });
    expect(commits).toBe(2);
    expect(await stage.builds('deals')).toMatchObject([{ deadLetters: 20, position: 20 }]);
    expect(await stage.documents(tallies)).toEqual({ a: { account: 'a', deals: 20 } });
  });
});
