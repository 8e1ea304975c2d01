/** Groups by periods against a plain count, in zones with half hours, summer time and skipped days. */
import { describe, expect, it } from '@jest/globals';
import { coarseBounds, periodsOf } from '../../src/api/graphql/periods.js';
import { periodOf, periodUnits } from '../../src/kernel/period.js';
import { dayIn } from '../../src/kernel/time-zone.js';

const stretchOf = (value: string, bounds: readonly string[]): number => bounds.filter((bound) => bound <= value).length;

/** Instants around where days, months and summer time begin in some zone, and far from all others. */
const instants = [
  ...['2011-12-29', '2011-12-31', '2017-12-31', '2018-02-17', '2018-03-25', '2018-10-28', '2018-11-03', '2020-02-29'].flatMap((day) =>
    Array.from({ length: 3 * 96 }, (_, quarter) => new Date(Date.parse(`${day}T00:00:00.000Z`) + quarter * 900_000 - 1).toISOString()),
  ),
  '0999-12-31T23:59:59.999Z',
  '2150-01-01T00:00:00.000Z',
  '9981-12-30T00:00:00.000Z',
];

describe.each(['UTC', 'Europe/Bucharest', 'Asia/Kolkata', 'Asia/Kathmandu', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Pacific/Apia'])(
  'In %s',
  (zone) => {
    it.each(periodUnits.filter((unit) => unit !== 'day'))('instants are in the %s that their local day is in', (unit) => {
      const column = { name: 'at', kind: 'instant', unit } as const;
      const coarse = coarseBounds(column);
      const found = periodsOf(column, new Set(instants.map((instant) => stretchOf(instant, coarse))), zone);
      for (const instant of instants) {
        const day = found?.days[stretchOf(instant, found.bounds) - 1];
        expect([instant, day]).toEqual([instant, periodOf(dayIn(Date.parse(instant), zone), unit)]);
      }
    });

    it('instants are in their local day', () => {
      const column = { name: 'at', kind: 'instant', unit: 'day' } as const;
      const coarse = coarseBounds(column);
      const near = instants.filter((instant) => instant > '2000' && instant < '2100');
      const found = periodsOf(column, new Set(near.map((instant) => stretchOf(instant, coarse))), zone);
      for (const instant of near) {
        expect([instant, found?.days[stretchOf(instant, found.bounds) - 1]]).toEqual([instant, dayIn(Date.parse(instant), zone)]);
      }
    });
  },
);

describe('Days', () => {
  it('that are too far apart have too many periods, and those that are not have few bounds', () => {
    const stretches = new Set(Array.from({ length: 40 }, (_, index) => 196 + index));
    expect(periodsOf({ name: 'due', kind: 'day', unit: 'day' }, stretches, 'UTC')).toBeUndefined();
    expect(periodsOf({ name: 'due', kind: 'day', unit: 'month' }, stretches, 'UTC')?.bounds.length).toBeLessThan(500);
  });
});
