/** Which build answers: given changes of the register at awkward moments, the one that is live is known without another change. */
import { expect, it } from '@jest/globals';
import type { BuildRecord } from '../../src/views/port/builds.js';
import { shapeOf } from '../../src/kernel/read-model.js';
import type { ViewReader } from '../../src/views/port/store.js';
import { ServedViews } from '../../src/views/serving/served-views.js';
import { deals } from '../projector/deals.js';

const live = (number: number): readonly BuildRecord[] => [
  {
    name: 'deals',
    version: 1,
    number,
    shape: shapeOf(deals.model),
    state: 'live',
    position: 1,
    erasures: 0,
    events: 1,
    head: 1,
    rate: 0,
    positionRate: 0,
    measuredAt: null,
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: null,
    servedAt: null,
    error: null,
    deadLetters: 0,
  },
];

it.each([
  ['changes while it is read, and what was read is from before', (): Promise<readonly BuildRecord[]> => Promise.resolve(live(1))],
  ['can not be read just then', (): Promise<readonly BuildRecord[]> => Promise.reject(new Error('away'))],
])('knows the live build when the register %s', async (_, second) => {
  let changed = (): void => undefined;
  let reads = 0;
  const reader: Pick<ViewReader, 'builds' | 'onChange'> = {
    builds: async () => {
      reads += 1;
      if (reads === 1) return live(1);
      if (reads > 2) return live(2);
      const found = second();
      changed();
      return found;
    },
    onChange: (listener) => {
      changed = listener;
      return () => undefined;
    },
  };
  const served = new ServedViews(reader as ViewReader, [deals.model]);
  await served.start();
  const known = new Promise<void>((resolve) => {
    served.onChange(() => served.build(deals.model).number === 2 && resolve());
  });
  changed();
  await known;
  expect(served.build(deals.model).number).toBe(2);
  served.stop();
});
