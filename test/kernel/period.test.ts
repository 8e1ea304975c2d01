/** Calendar periods: the day that each begins with. */
import { describe, expect, it } from '@jest/globals';
import { periodAfter, periodOf, periodUnits } from '../../src/kernel/period.js';

describe('A period', () => {
  it.each([
    ['day', '2024-02-29', '2024-02-29', '2024-03-01'],
    ['week', '2024-12-31', '2024-12-30', '2025-01-06'],
    ['week', '2024-12-29', '2024-12-23', '2024-12-30'],
    ['month', '2024-02-29', '2024-02-01', '2024-03-01'],
    ['month', '2024-12-31', '2024-12-01', '2025-01-01'],
    ['quarter', '2024-06-30', '2024-04-01', '2024-07-01'],
    ['quarter', '2024-10-01', '2024-10-01', '2025-01-01'],
    ['year', '2024-06-30', '2024-01-01', '2025-01-01'],
  ] as const)('of a %s with %s in it begins on %s, and the next one on %s', (unit, day, start, next) => {
    expect([periodOf(day, unit), periodAfter(start, unit)]).toEqual([start, next]);
  });

  it.each(periodUnits)('of a %s follows the one before without a gap', (unit) => {
    let start = periodOf('2015-01-01', unit);
    for (let count = 0; count < 500; count += 1) {
      const next = periodAfter(start, unit);
      const last = new Date(Date.parse(next) - 86_400_000).toISOString().slice(0, 10);
      expect([periodOf(last, unit), periodOf(next, unit)]).toEqual([start, next]);
      start = next;
    }
  });
});
