/** How fast a build is said to go: what it was given over the last five seconds. */
import { expect, it } from '@jest/globals';
import { Throughput } from '../../src/projector/throughput.js';

/** What is done at these instants, in milliseconds, one after another. */
const done = (instants: readonly number[], events = 10, positions = 30): Throughput =>
  instants.reduce((pace, at) => pace.plus({ events, positions }, at), new Throughput(0));

const every = (ms: number, from: number, to: number): readonly number[] =>
  Array.from({ length: (to - from) / ms }, (_, index) => from + (index + 1) * ms);

it('is what was done each second, in events and in positions', () => {
  expect(done(every(10, 0, 20_000)).perSecond(20_000)).toEqual({ events: 1_000, positions: 3_000 });
  expect(done(every(2_500, 0, 20_000)).perSecond(20_000)).toEqual({ events: 4, positions: 12 });
});

it('follows a change within five seconds, and goes down to 0 when nothing is done', () => {
  const pace = done([...every(10, 0, 20_000), ...every(100, 20_000, 25_000)]);
  expect(pace.perSecond(25_000)).toEqual({ events: 100, positions: 300 });
  expect(pace.perSecond(27_500)).toEqual({ events: 50, positions: 150 });
  expect(pace.perSecond(30_000)).toEqual({ events: 0, positions: 0 });
});

it('goes by the time since the build was taken up when that is less, a second at least', () => {
  expect(done([5], 400, 400).perSecond(5)).toEqual({ events: 400, positions: 400 });
  expect(done(every(10, 0, 2_000)).perSecond(2_000)).toEqual({ events: 1_000, positions: 3_000 });
});

it('does not count twice what was folded twice', () => {
  const before = done([1_000]);
  const refused = before.plus({ events: 10, positions: 30 }, 1_010);
  const again = before.plus({ events: 10, positions: 30 }, 1_020);
  expect(refused.perSecond(2_000)).toEqual(again.perSecond(2_000));
});
