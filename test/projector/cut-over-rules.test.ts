import { describe, expect, it } from '@jest/globals';
import { droppable, mayCutOver } from '../../src/projector/cut-over-rules.js';
import type { BuildRecord } from '../../src/views/port/builds.js';
import { buildRecord } from '../support/read-models/build-record.js';

const MINUTE = 60_000;
const at = (minute: number): string => new Date(minute * MINUTE).toISOString();

/** A build that was begun in this minute, and has caught up. */
function build(number: number, begun: number, rest: Partial<BuildRecord> = {}): BuildRecord {
  const startedAt = at(begun);
  return buildRecord({ name: 'deals', number, state: 'ready', position: 9, startedAt, finishedAt: startedAt, ...rest });
}
const live = (number: number, begun: number, since: number, rest: Partial<BuildRecord> = {}): BuildRecord =>
  build(number, begun, { state: 'live', servedAt: at(since), ...rest });
const retired = (number: number, begun: number, since: number, rest: Partial<BuildRecord> = {}): BuildRecord =>
  build(number, begun, { state: 'retired', servedAt: at(since), ...rest });

describe('what is ready takes over by itself', () => {
  it.each<[string, BuildRecord, readonly BuildRecord[]]>([
    ['when nothing answers', build(1, 0), []],
    ['from what answered when it was begun', build(2, 5), [live(1, 0, 1)]],
    ['from one that was asked for earlier and came first', build(3, 5), [live(2, 4, 6), retired(1, 0, 6)]],
    ['from what was rolled back to, when it was asked for after that', build(3, 5), [live(1, 0, 4), retired(2, 2, 4)]],
    ['from what was rolled back to, when nobody has seen its version', build(3, 3, { version: 2 }), [live(1, 0, 4), retired(2, 2, 4)]],
    ['when as many documents wait in it', build(2, 5, { deadLetters: 2 }), [live(1, 0, 1, { deadLetters: 2 })]],
  ])('%s', (_, ready, others) => {
    expect(mayCutOver(ready, [...others, ready])).toBe(true);
  });

  it.each<[string, BuildRecord, readonly BuildRecord[]]>([
    ['from a later version', build(3, 5), [live(2, 0, 1, { version: 2 })]],
    ['from what was rolled back to since it was begun', build(3, 3), [live(1, 0, 4), retired(2, 2, 4)]],
    ['from that when what was rolled back from has been dropped', build(3, 3), [live(1, 0, 4)]],
    ['from one that was asked for later', build(2, 3), [live(3, 4, 5), retired(1, 0, 5)]],
    ['when more documents wait in it', build(2, 5, { deadLetters: 3 }), [live(1, 0, 1, { deadLetters: 2 })]],
  ])('but not %s', (_, ready, others) => {
    expect(mayCutOver(ready, [...others, ready])).toBe(false);
  });
});

describe('what is let go', () => {
  const numbers = (records: readonly BuildRecord[], keep: number) =>
    droppable(records, 'deals', keep, MINUTE, 20 * MINUTE).map(({ number }) => number);

  it('is what served longest ago, when no query can be left that began while it did', () => {
    const records = [retired(1, 0, 10), retired(2, 1, 15), retired(3, 2, 19.5), live(4, 3, 19.5)];
    expect(numbers(records, 2)).toEqual([1]);
    expect(numbers(records, 0)).toEqual([1, 2]);
  });

  it('is what never served and was overtaken by one of its version', () => {
    const records = [retired(1, 0, 10), build(2, 5), build(3, 6, { state: 'building' }), live(4, 7, 10), build(5, 8)];
    expect(numbers(records, 1)).toEqual([2, 3]);
    expect(numbers([build(1, 5), live(2, 6, 10, { version: 2 })], 1)).toEqual([]);
  });

  it('is not what would come back: the last that tells of a version that was rolled back from', () => {
    expect(numbers([live(1, 0, 10), retired(2, 1, 10, { version: 2 })], 0)).toEqual([]);
    expect(numbers([live(1, 0, 12), retired(2, 1, 10, { version: 2 }), retired(3, 2, 11, { version: 2 })], 0)).toEqual([2]);
    expect(numbers([live(1, 0, 12), retired(2, 1, 10, { version: 2 }), retired(3, 2, 11, { version: 3 })], 0)).toEqual([]);
    expect(numbers([live(1, 0, 10), retired(2, 1, 10)], 0)).toEqual([2]);
  });
});
