import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isDay, isInstant } from '../../contracts/fields/calendar.js';
import { Instant } from '../../contracts/fields/index.js';
import { daysBetween, latestDay, monthOf } from '../../src/kernel/calendar.js';

describe('Days and instants', () => {
  it.each(['2018-02-28', '2020-02-29', '2018-12-31', '0001-01-01', '9999-12-31'])('%s is a day', (text) => {
    expect(isDay(text)).toBe(true);
  });

  it.each(['2018-02-29', '2018-02-30', '2018-13-01', '2018-00-10', '2018-1-1', '18-01-01', '', '2018-01-01T00:00:00.000Z', '2018-01-01\n'])(
    '%j is no day',
    (text) => {
      expect(isDay(text)).toBe(false);
    },
  );

  it.each(['2018-02-30T10:00:00.000Z', '2018-02-01T25:00:00.000Z', '2018-02-01T10:00:00Z', '2018-02-01', ''])(
    '%j is no instant',
    (text) => {
      expect(isInstant(text)).toBe(false);
    },
  );

  it.each(['0000-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00', '+010000-01-01T00:00:00.000Z'])(
    '%s, which is in no year of four digits, is refused, since events could not hold it',
    (text) => {
      expect(Instant.input.safeParse(text).success).toBe(false);
    },
  );

  it('of the first and the last year are held by events', () => {
    for (const text of ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z']) {
      expect(Instant.stored.safeParse(Instant.input.parse(text)).success).toBe(true);
    }
  });

  it('agree with the calendar for every instant', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-30'), noInvalidDate: true }), (date) => {
        const instant = date.toISOString();
        expect(isInstant(instant)).toBe(true);
        expect(isDay(instant.slice(0, 10))).toBe(true);
        expect(monthOf(instant)).toBe(instant.slice(0, 7));
        expect([instant.slice(0, 10), new Date(date.getTime() + 86_400_000).toISOString().slice(0, 10)]).toContain(latestDay(instant));
      }),
    );
  });

  it('the latest day anywhere is that of the clocks 14 hours ahead', () => {
    expect(latestDay('2018-02-28T09:59:59.999Z')).toBe('2018-02-28');
    expect(latestDay('2018-02-28T10:00:00.000Z')).toBe('2018-03-01');
  });

  it('days between instants have fractions and a direction', () => {
    expect(daysBetween('2018-02-01T00:00:00.000Z', '2018-02-02T12:00:00.000Z')).toBe(1.5);
    expect(daysBetween('2018-02-02T12:00:00.000Z', '2018-02-01T00:00:00.000Z')).toBe(-1.5);
  });
});
