/** Builds as `projections status` shows them, as a table and as JSON. */
import { expect, it } from '@jest/globals';
import { jsonOfBuild, tableOfBuilds, type BuildRow } from '../../src/cli/build-rows.js';
import type { BuildRecord } from '../../src/views/port/builds.js';
import { buildRecord } from '../support/read-models/build-record.js';

const row = (values: Partial<BuildRecord>): BuildRow => ({
  head: 1_200_000,
  lease: undefined,
  record: buildRecord({ position: 400_000, ...values }),
});

/** Given one event in twenty of the log. */
const underWay = row({ events: 20_000, rate: 500.5, positionRate: 10_000, measuredAt: new Date().toISOString() });

it('shows the events, position, rate and remaining time of a underWay build', () => {
  const [titles = '', first = '', live = ''] = tableOfBuilds(
    [underWay, row({ number: 1, state: 'live', position: 1_200_000, finishedAt: '2026-01-01T00:01:00.000Z' })],
    undefined,
  ).split('\n');
  expect(titles.split(/  +/)).toEqual([
    'build',
    'state',
    'position',
    'behind',
    'events',
    'events/s',
    'left',
    'dead letters',
    'started',
    'finished',
    'projected by',
  ]);
  expect(first).toMatch(/^leads@1#2 +building +400,000 of 1,200,000 +800,000 +20,000 +500\.5 +1 min 20 s +0 /);
  expect(live).toMatch(/^leads@1#1 +live +1,200,000 of 1,200,000 +0 +0 +0 +2026/);
});

it('gives the same as JSON, with null for unknown values', () => {
  expect(jsonOfBuild(underWay)).toMatchObject({
    position: 400_000,
    head: 1_200_000,
    behind: 800_000,
    events: 20_000,
    rate: 500.5,
    secondsLeft: 80,
  });
  expect(jsonOfBuild(row({ position: 0 }))).toMatchObject({ position: 0, head: 1_200_000, rate: 0, secondsLeft: null });
  expect(jsonOfBuild(row({ position: 1_200_000, finishedAt: '2026-01-01T00:01:00.000Z' }))).toMatchObject({ rate: 0, secondsLeft: 0 });
});
