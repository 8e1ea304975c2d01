/** The Olist marketing funnel, imported with its mapping. The expected totals are those of ../shared/data/README.md, computed without this program. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { resolve } from 'node:path';
import type { LeadConverted, LeadRegistered } from '../../contracts/sales/lead.js';
import type { OpportunityWon } from '../../contracts/sales/opportunity.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { sharedFolder } from '../support/folder.js';
import { importInto, type Imported } from '../support/domain/import-files.js';
import { REGISTERED_BY_ORIGIN, WON_BY_MONTH, WON_BY_ORIGIN } from '../support/domain/olist-totals.js';

const MAPPING = resolve('examples/olist/mapping.yaml');
const DATA = resolve('../shared/data/olist');

const folder = sharedFolder();
let imported: Imported;
beforeAll(async () => {
  imported = await importInto(folder.path, MAPPING, { from: DATA, asHistory: true });
}, 120_000);

type Event<Data> = RecordedEvent<string, Data>;
const all = (type: string): readonly RecordedEvent[] => imported.events.filter((event) => event.type === type);
const registered = () => all('LeadRegistered') as readonly Event<ReturnType<typeof LeadRegistered>['data']>[];
const converted = () => all('LeadConverted') as readonly Event<ReturnType<typeof LeadConverted>['data']>[];
const won = () => all('OpportunityWon') as readonly Event<ReturnType<typeof OpportunityWon>['data']>[];

function tally(values: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

describe('the Olist import', () => {
  test('imports everything: 8,000 leads, 842 won', () => {
    expect(imported.report).toMatchObject({
      sources: [
        { name: 'leads', rows: 8_000 },
        { name: 'deals', rows: 842 },
      ],
      commands: { run: 1 + 8_000 + 842 * 5, rejected: 0, alreadyImported: 0 },
      unmatched: [{ count: 8_000 - 842 }],
      unusedRows: [],
      outOfOrder: { count: 1 },
    });
    expect(tally(imported.events.map(({ type }) => type))).toEqual({
      PipelineDefined: 1,
      LeadRegistered: 8_000,
      LeadQualified: 842,
      LeadConverted: 842,
      AccountRegistered: 842,
      ContactRegistered: 842,
      OpportunityOpened: 842,
      OpportunityAdvanced: 842 * 2,
      OpportunityWon: 842,
    });
  });

  test('has the leads and wins of each origin; an empty origin is not "unknown"', () => {
    expect(tally(registered().map(({ data }) => data.origin ?? ''))).toEqual(REGISTERED_BY_ORIGIN);
    expect(tally(won().map(({ data }) => data.lead?.source.origin ?? ''))).toEqual(WON_BY_ORIGIN);
  });

  test('has the wins of each month, including a deal that was won before its first contact', () => {
    expect(tally(won().map(({ metadata }) => metadata.occurredAt.slice(0, 7)))).toEqual(WON_BY_MONTH);
  });

  test('has 22 sellers, 32 qualifiers, 61,784,006 reais, and the days from first contact to win', () => {
    expect(new Set(won().map(({ data }) => data.standing.ownerId)).size).toBe(22);
    expect(new Set(all('LeadQualified').map(({ metadata }) => metadata.onBehalfOf)).size).toBe(32);
    expect(won().reduce((sum, { data }) => sum + data.amount.amount, 0)).toBe(6_178_400_600);
    expect(new Set(won().map(({ data }) => data.amount.currency))).toEqual(new Set(['BRL']));

    const days = won()
      .map(({ data, metadata }) => (Date.parse(metadata.occurredAt) - Date.parse(data.lead?.source.registeredAt ?? '')) / 86_400_000)
      .sort((a, b) => a - b);
    expect(days.reduce((sum, day) => sum + day, 0) / days.length).toBeCloseTo(49.1, 2);
    // Of the two in the middle the later one, as in the totals of the data.
    expect(days[421]).toBeCloseTo(14.72, 2);
    expect(days[0]).toBeLessThan(0);
  });

  test('splits a profile of two words into two tags', () => {
    const tags = converted().map(({ data }) => data.contact?.tags?.join('+') ?? '');
    expect(tally(tags)).toMatchObject({ cat: 407, 'cat+wolf': 8, 'eagle+cat': 3, '': 177 });
  });

  test("keeps the source's times as recorded times, in order", () => {
    const times = imported.events.map(({ metadata }) => metadata.recordedAt);
    expect(times[0]).toBe('2017-06-14T00:00:00.000Z');
    expect(times.at(-1)).toMatch(/^2018-11-14/);
    expect(times.every((time, index) => index === 0 || time >= (times[index - 1] ?? ''))).toBe(true);
  });

  test('appends nothing when it is repeated', async () => {
    const again = await importInto(folder.path, MAPPING, { from: DATA, asHistory: true });
    expect(again.report).toMatchObject({ commands: { run: 0, alreadyImported: 12_211, rejected: 0 }, events: 0 });
    expect(again.events).toHaveLength(imported.events.length);
  }, 120_000);
});
