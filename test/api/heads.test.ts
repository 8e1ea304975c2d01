/** Where the log ended when: exact for what was lately, nearly so for what was long ago, and small however long it is kept. */
import { describe, expect, it } from '@jest/globals';
import { Heads } from '../../src/api/heads.js';

describe('the heads of the log', () => {
  it('tell when the log passed a position, and where it ended at an instant', () => {
    const heads = new Heads();
    expect([heads.last, heads.at(1_000), heads.passed(0)]).toEqual([0, undefined, undefined]);
    heads.note(10, 1_000);
    heads.note(10, 1_200);
    heads.note(13, 1_400);
    heads.note(20, 1_600);
    expect(heads.last).toBe(20);
    expect([9, 10, 12, 13, 19, 20].map((position) => heads.passed(position))).toEqual([1_000, 1_400, 1_400, 1_600, 1_600, undefined]);
    // Before anything was noted, it is taken to have ended where it was noted first.
    expect([0, 1_000, 1_399, 1_400, 9_999].map((instant) => heads.at(instant))).toEqual([10, 10, 10, 13, 20]);
  });

  it('forget what was beyond the end of a log that was put back', () => {
    const heads = new Heads();
    heads.note(10, 1_000);
    heads.note(20, 2_000);
    heads.note(15, 3_000);
    expect([heads.last, heads.passed(12), heads.passed(15)]).toEqual([15, 3_000, undefined]);
  });

  it('stay exact to a fiftieth of what they tell over a day of notes, busy and idle by turns', () => {
    const heads = new Heads();
    const passed: number[] = [];
    const [hour, every] = [3_600_000, 1_000];
    let [head, now] = [0, 0];
    for (; now < 24 * hour; now += every) {
      // Busy for ten minutes of each hour.
      if (now % hour < hour / 6) {
        passed[head] = now;
        head += 1;
      }
      heads.note(head, now);
    }
    expect(heads.last).toBe(head);
    const answers = new Set<number>();
    for (const [position, at] of passed.entries()) {
      const told = heads.passed(position) ?? Number.NaN;
      answers.add(told);
      expect(told).toBeGreaterThanOrEqual(at);
      if (told - at > Math.max(every, (now - at) * 0.021)) throw new Error(`${position} was passed at ${at}, told is ${told} at ${now}`);
    }
    // Of 14,400 that were noted.
    expect(answers.size).toBeLessThan(1_000);
    expect(heads.passed(head - 2)).toBe(passed[head - 2]);
  });
});
