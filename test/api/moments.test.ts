/** The end of a day, as a past moment, is that of the company's zone. */
import { describe, expect, it } from '@jest/globals';
import { ApiContext, type ApiServices } from '../../src/api/graphql/context.js';
import type { EventLog } from '../../src/log/port.js';
import { overriding } from '../support/overriding.js';

const instantOf = async (day: string, timeZone: string): Promise<string> => {
  let asked = '';
  const log: Partial<EventLog> = {
    positionAt: async (instant) => {
      asked = instant;
      return 7;
    },
  };
  const services = overriding({} as ApiServices, { log: log as EventLog, timeZone });
  expect(await new ApiContext(services, { actor: 'ana' }).past({ asOf: { day } })).toBe(7);
  return asked;
};

describe('A day as a moment', () => {
  it.each([
    ['2026-03-29', 'UTC', '2026-03-29T23:59:59.999Z'],
    ['2026-03-28', 'Europe/Bucharest', '2026-03-28T21:59:59.999Z'],
    ['2026-03-29', 'Europe/Bucharest', '2026-03-29T20:59:59.999Z'],
    ['2026-12-31', 'Asia/Kolkata', '2026-12-31T18:29:59.999Z'],
  ])('%s in %s is its last millisecond there', async (day, zone, instant) => {
    expect(await instantOf(day, zone)).toBe(instant);
  });
});
