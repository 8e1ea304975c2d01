/** How far behind builds are and who is ready, minute by minute of a log that grows without a pause. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Readiness } from '../../src/api/readiness.js';
import { shapeOf } from '../../src/kernel/read-model.js';
import { noProgress } from '../../src/views/port/build-identity.js';
import type { BuildRecord } from '../../src/views/port/builds.js';
import type { ViewReader } from '../../src/views/port/store.js';
import { ServedViews } from '../../src/views/serving/served-views.js';
import { deals } from '../projector/deals.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');
/** Of the log, in events; and how often something happens here, in milliseconds. */
const PER_SECOND = 500;
const TICK = 20;

describe('readiness', () => {
  let head: number;
  let records: readonly BuildRecord[];
  let changed: () => void;
  let served: ServedViews;
  let readiness: Readiness;

  const build = (values: Partial<BuildRecord> = {}): BuildRecord => ({
    ...noProgress,
    name: 'deals',
    version: 1,
    number: 1,
    shape: shapeOf(deals.model),
    state: 'live',
    position: 0,
    erasures: 0,
    startedAt: '2025-06-01T00:00:00.000Z',
    servedAt: '2025-06-01T00:00:00.000Z',
    deadLetters: 0,
    ...values,
  });

  const becomes = (...now: readonly BuildRecord[]): void => {
    records = now;
    changed();
  };

  /** The log grows, and the build follows so many milliseconds behind; ends with how far behind it was said to be at each moment. */
  const grows = async (forMs: number, lateMs: number): Promise<readonly { readonly behind: number; readonly lagSeconds: number }[]> => {
    const said: { readonly behind: number; readonly lagSeconds: number }[] = [];
    for (let ms = 0; ms < forMs; ms += TICK) {
      head += (PER_SECOND * TICK) / 1_000;
      becomes(build({ position: Math.max(records[0]?.position ?? 0, head - (PER_SECOND * lateMs) / 1_000) }));
      await jest.advanceTimersByTimeAsync(TICK);
      said.push(...readiness.report().models);
    }
    return said;
  };

  beforeEach(async () => {
    jest.useFakeTimers({ now: START });
    [head, records] = [1_000, [build({ position: 1_000 })]];
    const reader: Pick<ViewReader, 'builds' | 'onChange'> = {
      builds: async () => records,
      onChange: (listener) => {
        changed = listener;
        return () => undefined;
      },
    };
    served = new ServedViews(reader as ViewReader, [deals.model]);
    await served.start();
    readiness = new Readiness({ log: { head: async () => head, end: async () => head }, served, lagMs: 2_000 });
    await readiness.start();
  });

  afterEach(() => {
    readiness.stop();
    served.stop();
    jest.useRealTimers();
  });

  it.each([100, 300, 1_500])(
    'tells how late a build is that follows a growing log %i ms behind, though it never stands at its end',
    async (late) => {
      await grows(2 * late, late);
      const said = await grows(10_000, late);
      expect(said.every(({ behind }) => behind > 0 || late < 200)).toBe(true);
      // The end of the log is noted every 200 ms, and the register is read within 50.
      for (const { lagSeconds } of said) expect(Math.abs(lagSeconds - late / 1_000)).toBeLessThanOrEqual(0.3);
      expect(readiness.report().ready).toBe(true);
    },
  );

  it('counts on while a build stands still, and is not ready once it lacks what was there `lagMs` ago', async () => {
    await grows(2_000, 100);
    const stands = records[0]?.position ?? 0;
    becomes(build({ position: stands }));
    head += 1;
    await jest.advanceTimersByTimeAsync(1_800);
    expect(readiness.report()).toMatchObject({ ready: true });
    await jest.advanceTimersByTimeAsync(600_000);
    const { ready, models } = readiness.report();
    expect(ready).toBe(false);
    expect(models[0]).toMatchObject({ position: stands, behind: head - stands });
    expect(Math.abs((models[0]?.lagSeconds ?? 0) - 601.9)).toBeLessThanOrEqual(0.3);
    becomes(build({ position: head }));
    await jest.advanceTimersByTimeAsync(100);
    expect(readiness.report()).toMatchObject({ ready: true, models: [{ behind: 0, lagSeconds: 0 }] });
  });

  it('knows of a build that was behind before the process began no more than that it was, and of one begun since when', async () => {
    await jest.advanceTimersByTimeAsync(60_000);
    becomes(build({ position: 3 }), build({ number: 2, state: 'building', startedAt: new Date(START + 50_000).toISOString() }));
    await jest.advanceTimersByTimeAsync(200);
    expect(readiness.report().models).toMatchObject([{ lagSeconds: 60.2 }, { lagSeconds: 10.2 }]);
  });

  it('tells the rate as it was measured last, and 0 when nothing came since for some seconds', async () => {
    becomes(build({ position: 1_000, rate: 120.5, measuredAt: new Date(START).toISOString() }));
    await jest.advanceTimersByTimeAsync(1_000);
    expect(readiness.report().models).toMatchObject([{ rate: 120.5 }]);
    await jest.advanceTimersByTimeAsync(4_000);
    expect(readiness.report().models).toMatchObject([{ rate: 0 }]);
  });

  it('is not disturbed by documents that wait, but by a build that stopped', async () => {
    becomes(build({ position: 1_000, deadLetters: 3 }));
    await jest.advanceTimersByTimeAsync(100);
    expect(readiness.report()).toMatchObject({ ready: true, models: [{ deadLetters: 3 }] });
    becomes(build({ position: 1_000, deadLetters: 3, error: 'more than 2 dead letters' }));
    await jest.advanceTimersByTimeAsync(100);
    expect(readiness.report()).toMatchObject({ ready: false, models: [{ deadLetters: 3, error: 'more than 2 dead letters' }] });
  });
});
