/** A real funnel, imported by the command line and asked over GraphQL: the answers are the totals in ../shared/data/README.md. */
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLog, openViewReader } from '../../src/engines.js';
import type { EventLog } from '../../src/log/port.js';
import { digestsOf } from '../support/read-models/digest.js';
import { logIn, viewReaderIn } from '../support/engines/engines.js';
import { REGISTERED_BY_ORIGIN, WON_BY_MONTH, WON_BY_ORIGIN } from '../support/domain/olist-totals.js';
import { allEvents } from '../support/log/log-events.js';
import { runProgram, startServer, type Server } from '../support/processes/server.js';
import { sharedFolder } from '../support/folder.js';

const project = join(import.meta.dirname, '../..');
const data = join(project, '../shared/data/olist');
const [folder, files] = [sharedFolder(), sharedFolder()];
let server: Server;

// Importing all of it and reading it again, where an engine is a slow server for tests, on a machine that does other things too.
jest.setTimeout(900_000);

const importingInto = (path: string) => ['import', join(project, 'examples/olist/mapping.yaml'), '--from', data, '--data-dir', path];

beforeAll(async () => {
  const { code, output } = await runProgram([...importingInto(folder.path), '--as-history']);
  expect({ code, output }).toMatchObject({ code: 0 });
  server = await startServer(folder.path);
  await server.ready();
});

describe('the funnel of 8,000 leads', () => {
  it('by origin', async () => {
    const { leadFunnelSummary } = await server.ask<{
      readonly leadFunnelSummary: { readonly groups: readonly { origin: string | null; registered: number; won: number }[] };
    }>('{ leadFunnelSummary(groupBy: [{ by: ORIGIN }]) { groups { origin registered won } } }');
    const by = (figure: 'registered' | 'won') => Object.fromEntries(leadFunnelSummary.groups.map((row) => [row.origin ?? '', row[figure]]));
    expect(by('registered')).toEqual(REGISTERED_BY_ORIGIN);
    expect(by('won')).toEqual(WON_BY_ORIGIN);
  });

  it('by the month of the first contact', async () => {
    const months = new Map<string, number>();
    for (const row of readFileSync(join(data, 'marketing_qualified_leads.csv'), 'utf8').trim().split('\n').slice(1)) {
      const month = (row.split(',')[1] ?? '').slice(0, 7);
      months.set(month, (months.get(month) ?? 0) + 1);
    }
    const { leadFunnelSummary } = await server.ask<{
      readonly leadFunnelSummary: { readonly groups: readonly { month: string; registered: number }[] };
    }>('{ leadFunnelSummary(groupBy: [{ by: MONTH }]) { groups { month registered } } }');
    expect(leadFunnelSummary.groups.map(({ month, registered }) => [month, registered])).toEqual([...months].sort());
  });

  it('in all: how many, how much, how long', async () => {
    const { leadFunnelSummary } = await server.ask<{ readonly leadFunnelSummary: unknown }>(
      '{ leadFunnelSummary { total { registered qualified disqualified converted won winRate wonAmount { amount currency } daysToWon { count mean median } } } }',
    );
    expect(leadFunnelSummary).toEqual({
      total: {
        registered: 8000,
        qualified: 842,
        disqualified: 0,
        converted: 842,
        won: 842,
        winRate: 0.10525,
        wonAmount: [{ amount: '6178400600', currency: 'BRL' }],
        daysToWon: { count: 842, mean: expect.closeTo(49.1, 2), median: expect.closeTo(14.72, 2) },
      },
    });
  });

  it('as it was known at the end of June 2018', async () => {
    const { leadFunnelSummary } = await server.ask<{ readonly leadFunnelSummary: unknown }>(
      '{ leadFunnelSummary(asOf: { day: "2018-06-30" }) { total { registered won } } }',
    );
    const wonByThen = Object.entries(WON_BY_MONTH).reduce((sum, [month, won]) => (month <= '2018-06' ? sum + won : sum), 0);
    expect(leadFunnelSummary).toEqual({ total: { registered: 8000, won: wonByThen } });
  });
});

describe('the key figures of 22 sellers', () => {
  it('by month', async () => {
    const { salesKpisSummary } = await server.ask<{
      readonly salesKpisSummary: { readonly groups: readonly { month: string; won: number }[] };
    }>('{ salesKpisSummary(groupBy: [{ by: MONTH }]) { groups { month won } } }');
    expect(Object.fromEntries(salesKpisSummary.groups.map(({ month, won }) => [month, won]))).toEqual(WON_BY_MONTH);
  });

  it('by owner', async () => {
    const { salesKpisSummary } = await server.ask<{
      readonly salesKpisSummary: { readonly groups: readonly { ownerId: string; won: number; wonAmount: readonly { amount: string }[] }[] };
    }>('{ salesKpisSummary(groupBy: [{ by: OWNER_ID }]) { groups { ownerId won wonAmount { amount } } } }');
    const winners = salesKpisSummary.groups.filter(({ won }) => won > 0);
    expect(winners).toHaveLength(22);
    expect(winners.reduce((sum, { won }) => sum + won, 0)).toBe(842);
    expect(winners.reduce((sum, { wonAmount }) => sum + Number(wonAmount[0]?.amount ?? 0), 0)).toBe(6_178_400_600);
  });

  it('leave nothing open on the board', async () => {
    const { pipelineBoard } = await server.ask<{ readonly pipelineBoard: { readonly nodes: readonly { opportunities: number }[] } }>(
      '{ pipelineBoard { nodes { opportunities } } }',
    );
    expect(pipelineBoard.nodes.map(({ opportunities }) => opportunities)).toEqual([0, 0, 0]);
  });
});

describe('the records', () => {
  it('are 8,000 leads, each on one page of the list', async () => {
    type Page = {
      readonly leads: {
        readonly totalCount: number;
        readonly nodes: readonly { readonly id: string }[];
        readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
      };
    };
    const seen = new Set<string>();
    let after: string | undefined;
    let more = true;
    let pages = 0;
    while (more) {
      const { leads }: Page = await server.ask<Page>(
        'query ($after: String) { leads(first: 500, after: $after, orderBy: [{ field: CREATED_AT, direction: DESC }]) { totalCount nodes { id } pageInfo { endCursor hasNextPage } } }',
        { after },
      );
      expect(leads.totalCount).toBe(8000);
      for (const { id } of leads.nodes) seen.add(id);
      after = leads.pageInfo.endCursor;
      more = leads.pageInfo.hasNextPage;
      pages += 1;
    }
    expect({ seen: seen.size, pages }).toEqual({ seen: 8000, pages: 16 });
  });

  it('tell the deal that was won before its first contact as it was', async () => {
    const { opportunities } = await server.ask<{ readonly opportunities: unknown }>(
      '{ opportunities(where: { closedAt: { gte: "2018-03-06T00:00:00Z", lt: "2018-03-07T00:00:00Z" } }, first: 500) { nodes { closedAt lead { createdAt history { nodes { type } } } } } }',
    );
    expect(opportunities).toMatchObject({
      nodes: expect.arrayContaining([
        {
          closedAt: expect.stringMatching(/^2018-03-06/),
          lead: {
            createdAt: '2018-03-08T00:00:00.000Z',
            history: { nodes: [{ type: 'LEAD_REGISTERED' }, { type: 'LEAD_QUALIFIED' }, { type: 'LEAD_CONVERTED' }] },
          },
        },
      ]),
    });
  });

  it('stay as they are when the same files are imported again beside the running server', async () => {
    const before = await server.logPosition();
    const { code, output } = await runProgram(importingInto(folder.path));
    expect(code).toBe(0);
    expect(output).toContain('already imported');
    expect(await server.logPosition()).toBe(before);
  });
});

/** What the positions of a log stand for in another: a history has the same events in the same order in each. */
async function placesOf(log: EventLog): Promise<(position: number) => number> {
  const places = new Map((await allEvents(log)).map(({ position }, place) => [position, place]));
  return (position) => {
    const place = places.get(position);
    if (place === undefined) throw new Error(`The log has no event at position ${position}.`);
    return place;
  };
}

describe('the read models', () => {
  it('are those of an import into files, byte for byte, with all their kept versions', async () => {
    const settings = { DAYBOOK_LOG_URL: 'embedded', DAYBOOK_LOG_PREFIX: '', DAYBOOK_VIEWS_URL: 'embedded' };
    expect(await runProgram([...importingInto(files.path), '--as-history'], settings)).toMatchObject({ code: 0 });
    const other = await startServer(files.path, settings);
    await other.ready();
    const inFiles = { dataDir: files.path, readerThreads: 0 };
    const [own, filesLog] = [await logIn(folder.path, { readOnly: true }), await openLog(inFiles, { readOnly: true })];
    const [views, filesViews] = [await viewReaderIn(folder.path), await openViewReader(inFiles)];
    try {
      const expected = await digestsOf(filesViews, await placesOf(filesLog));
      expect(expected['leads']?.documents).toBe(8_000);
      expect(expected['opportunities']?.versions).toBeGreaterThan(842);
      expect(await digestsOf(views, await placesOf(own))).toEqual(expected);
    } finally {
      for (const open of [filesViews, views, filesLog, own]) await open.close();
    }
  });
});
