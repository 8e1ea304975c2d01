import { describe, expect, test } from '@jest/globals';
import { compileFormat, dayOf, readDay, readInstant } from '../../src/import/local-time.js';

const iso = (text: string, zone: string, format?: string): string => readInstant(text, zone, format).toISOString();

describe('a time', () => {
  test.each([
    ['2018-02-26 19:58:54', 'UTC', undefined, '2018-02-26T19:58:54.000Z'],
    ['2018-02-26', 'UTC', undefined, '2018-02-26T00:00:00.000Z'],
    ['2018-02-26T19:58', 'America/Sao_Paulo', undefined, '2018-02-26T22:58:00.000Z'],
    ['2018-02-26T19:58:54.1234+02:00', 'America/Sao_Paulo', undefined, '2018-02-26T17:58:54.123Z'],
    ['2018-07-01 00:00', 'Europe/Bucharest', undefined, '2018-06-30T21:00:00.000Z'],
    ['0018-02-26', 'UTC', undefined, '0018-02-26T00:00:00.000Z'],
    ['26.02.2018 9:05', 'UTC', 'dd.MM.yyyy H:mm', '2018-02-26T09:05:00.000Z'],
    ['2/6/2018 12:05 AM', 'UTC', 'M/d/yyyy hh:mm a', '2018-02-06T00:05:00.000Z'],
    ['2/6/2018 12:05 PM', 'UTC', 'M/d/yyyy hh:mm a', '2018-02-06T12:05:00.000Z'],
  ])('%s in %s, written %s', (text, zone, format, expected) => {
    expect(iso(text, zone, format)).toBe(expected);
  });

  test('that occurs twice is the earlier one; one that a clock change skips uses the offset from before', () => {
    // Romania: on 2018-10-28 at 4:00 back to 3:00, on 2018-03-25 at 3:00 on to 4:00.
    expect(iso('2018-10-28 03:30', 'Europe/Bucharest')).toBe('2018-10-28T00:30:00.000Z');
    expect(iso('2018-10-28 04:00', 'Europe/Bucharest')).toBe('2018-10-28T02:00:00.000Z');
    expect(iso('2018-03-25 03:30', 'Europe/Bucharest')).toBe('2018-03-25T01:30:00.000Z');
    expect(iso('2018-03-25 04:00', 'Europe/Bucharest')).toBe('2018-03-25T01:00:00.000Z');
  });

  test.each([
    ['2018-02-30', undefined, 'is not a valid date or time'],
    ['2018-13-01', undefined, 'is not a valid date or time'],
    ['2018-02-26 25:00', undefined, 'is not a valid date or time'],
    ['yesterday', undefined, 'is not a time such as 2018-02-26 19:58:54'],
    ['2018-02-26', 'dd/MM/yyyy', 'is not a time of the form dd/MM/yyyy'],
  ])('is not %s', (text, format, message) => {
    expect(() => readInstant(text, 'UTC', format)).toThrow(message);
  });

  test('a format needs known letters and a complete date', () => {
    expect(() => compileFormat('DD.MM.YYYY')).toThrow('"DD" in the format "DD.MM.YYYY" is unknown');
    expect(() => compileFormat('MM.yyyy')).toThrow('has no day');
  });
});

test('a day is taken as written; the day of an instant depends on the zone', () => {
  expect(readDay('26/02/2018', 'dd/MM/yyyy')).toBe('2018-02-26');
  expect(readDay('2018-02-26 23:59:59')).toBe('2018-02-26');
  expect(dayOf(new Date('2018-02-26T22:30:00Z'), 'Europe/Bucharest')).toBe('2018-02-27');
});
