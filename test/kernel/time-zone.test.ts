/** The start of days in zones with daylight saving time and half hours, and around repeated or skipped days. */
import { describe, expect, it } from '@jest/globals';
import { dayIn, isTimeZone, startOfDay } from '../../src/kernel/time-zone.js';

describe('The start of a day', () => {
  it.each([
    ['UTC', '2026-03-29', '2026-03-29T00:00:00.000Z'],
    ['Europe/Bucharest', '2026-03-29', '2026-03-28T22:00:00.000Z'],
    ['Europe/Bucharest', '2026-03-30', '2026-03-29T21:00:00.000Z'],
    ['Europe/Bucharest', '2026-10-26', '2026-10-25T22:00:00.000Z'],
    ['Asia/Kolkata', '2026-01-01', '2025-12-31T18:30:00.000Z'],
    ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15:00.000Z'],
    ['Australia/Lord_Howe', '2026-04-06', '2026-04-05T13:30:00.000Z'],
    // Clocks went from 0:00 to 1:00: the day begins at 1:00.
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z'],
    // Clocks went back from 0:00 to 23:00: the day begins when they come to 0:00 again.
    ['America/Sao_Paulo', '2018-02-18', '2018-02-18T03:00:00.000Z'],
    // Samoa had no 30 December 2011.
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z'],
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00.000Z'],
  ])('in %s, %s is %s', (zone, day, instant) => {
    expect(new Date(startOfDay(day, zone)).toISOString()).toBe(instant);
  });

  it.each(['UTC', 'Europe/Bucharest', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/St_Johns'])(
    'is the first instant that the clocks of %s show as that day',
    (zone) => {
      for (let at = Date.UTC(2018, 0, 1); at < Date.UTC(2019, 11, 31); at += 86_400_000) {
        const day = new Date(at).toISOString().slice(0, 10);
        const start = startOfDay(day, zone);
        expect([dayIn(start, zone), dayIn(start - 1, zone) < day]).toEqual([day, true]);
      }
    },
  );
});

describe('A time zone', () => {
  it.each([
    ['UTC', true],
    ['Europe/Bucharest', true],
    ['Mars/Olympus', false],
    ['+02:00', false],
    ['', false],
  ])('%s: %s', (name, is) => {
    expect(isTimeZone(name)).toBe(is);
  });
});
