/** What the register says of a build's speed, and how long it will take yet, as time goes by. */
import { describe, expect, it } from '@jest/globals';
import { noProgress } from '../../src/views/port/build-identity.js';
import type { BuildRecord } from '../../src/views/port/builds.js';
import { rateNow, secondsLeft } from '../../src/views/serving/progress.js';
import { buildRecord } from '../support/read-models/build-record.js';

const MEASURED = Date.parse('2026-01-01T00:00:00.000Z');

/** A build that names one event in twenty, measured at that moment. */
const build = (values: Partial<BuildRecord> = {}): BuildRecord =>
  buildRecord({
    position: 4_000,
    head: 10_000,
    rate: 10,
    positionRate: 200,
    measuredAt: new Date(MEASURED).toISOString(),
    startedAt: '2025-12-31T23:59:40.000Z',
    ...values,
  });

describe('the time left', () => {
  it('goes by positions on both sides, however few of the events the read model names', () => {
    expect(secondsLeft(build(), 10_000, MEASURED)).toBe(30);
    // The log has grown since the build was committed.
    expect(secondsLeft(build(), 14_000, MEASURED + 1_000)).toBe(50);
  });

  it.each<[string, Partial<BuildRecord>, number]>([
    ['has just been begun', { ...noProgress, position: 0 }, 10_000],
    ['has just been begun on an empty log', { ...noProgress, position: 0 }, 0],
    ['has all events and not yet its indexes', { position: 10_000 }, 10_000],
    ['stopped', { error: 'more than 3 dead letters', rate: 0, positionRate: 0 }, 10_000],
    ['was behind when its projector went', { measuredAt: '2025-12-31T23:59:50.000Z' }, 10_000],
  ])('is not known of a build that %s', (_, values, head) => {
    expect(secondsLeft(build(values), head, MEASURED)).toBeNull();
  });

  it('is none when the build stands at the end of the log, fit to serve', () => {
    expect(secondsLeft(build({ position: 10_000, finishedAt: '2025-12-31T23:59:59.000Z' }), 10_000, MEASURED + 60_000)).toBe(0);
  });
});

describe('the rate', () => {
  it('is what was measured, for as long as that was measured over', () => {
    expect([0, 4_999, 5_000, 3_600_000].map((later) => rateNow(build(), MEASURED + later))).toEqual([10, 10, 0, 0]);
    expect(rateNow(build(noProgress), MEASURED)).toBe(0);
  });
});
