/** Summaries over the API: the lead funnel, the key figures of sales and the board, against figures counted by hand. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { definePipeline, euros } from '../support/api/funnel.js';
import { sharedServer } from '../support/processes/set-up.js';

const { server } = await sharedServer();
let position: string;

/** Days from registration to win, where there was one. */
const LEADS: readonly {
  readonly id: string;
  readonly origin?: string;
  readonly at: string;
  readonly owner: string;
  readonly qualified?: true;
  readonly wonAfter?: number;
  readonly amount?: number;
  readonly lost?: true;
}[] = [
  { id: 'a', origin: 'fair', at: '2024-01-01T00:00:00Z', owner: 'dan', qualified: true, wonAfter: 10.5, amount: 1_000 },
  { id: 'b', origin: 'fair', at: '2024-01-31T23:59:59Z', owner: 'dan', qualified: true, wonAfter: 20, amount: 500 },
  { id: 'c', origin: 'fair', at: '2024-02-01T00:00:00Z', owner: 'maria', qualified: true },
  { id: 'd', at: '2024-01-15T00:00:00Z', owner: 'maria' },
  { id: 'e', origin: 'social', at: '2024-02-10T00:00:00Z', owner: 'maria', qualified: true, wonAfter: 1, amount: 7 },
  { id: 'f', origin: 'social', at: '2024-02-11T00:00:00Z', owner: 'maria', qualified: true, lost: true, amount: 300 },
];

const after = (instant: string, days: number): string => new Date(Date.parse(instant) + days * 86_400_000).toISOString();

beforeAll(async () => {
  const pipelineId = await definePipeline(server, { id: 'p1' });
  for (const { id, origin, at, owner, qualified, wonAfter, amount = 0, lost } of LEADS) {
    await server.done('registerLead', { id, name: id, owner, occurredAt: at, ...(origin === undefined ? {} : { origin }) });
    if (!qualified) continue;
    await server.done('qualifyLead', { id, temperature: 'HOT', occurredAt: at });
    if (wonAfter === undefined && !lost) continue;
    await server.done('convertLead', { id, occurredAt: at, opportunity: { pipelineId, amount: euros(amount) } });
    const { lead } = await server.ask<{ readonly lead: { readonly opportunityId: string } }>(
      'query ($id: ID!, $position: Position) { lead(id: $id, minPosition: $position) { opportunityId } }',
      {
        id,
        position: await server.logPosition(),
      },
    );
    if (lost) await server.done('loseOpportunity', { id: lead.opportunityId, reason: 'price', occurredAt: after(at, 3) });
    else await server.done('winOpportunity', { id: lead.opportunityId, occurredAt: after(at, wonAfter ?? 0) });
  }
  await server.done('disqualifyLead', { id: 'd', reason: 'NO_BUDGET', occurredAt: '2024-01-16T00:00:00Z' });
  position = await server.logPosition();
});

const summary = async (field: string, fields: string): Promise<unknown> =>
  (
    await server.ask<{ readonly summary: unknown }>(
      `query ($position: Position) { summary: ${field.replace('(', '(minPosition: $position, ')} { ${fields} } }`,
      { position },
    )
  ).summary;

describe('the lead funnel', () => {
  const fields =
    'registered qualified disqualified converted won conversionRate winRate wonAmount { amount currency } daysToWon { count mean median }';

  it('by origin, those without one first', async () => {
    expect(await summary('leadFunnelSummary(groupBy: [ORIGIN])', `origin ${fields}`)).toEqual([
      {
        origin: null,
        registered: 1,
        qualified: 0,
        disqualified: 1,
        converted: 0,
        won: 0,
        conversionRate: 0,
        winRate: 0,
        wonAmount: [],
        daysToWon: { count: 0, mean: null, median: null },
      },
      {
        origin: 'fair',
        registered: 3,
        qualified: 3,
        disqualified: 0,
        converted: 2,
        won: 2,
        conversionRate: 2 / 3,
        winRate: 2 / 3,
        wonAmount: [euros(1_500)],
        daysToWon: { count: 2, mean: 15.25, median: 20 },
      },
      {
        origin: 'social',
        registered: 2,
        qualified: 2,
        disqualified: 0,
        converted: 2,
        won: 1,
        conversionRate: 1,
        winRate: 0.5,
        wonAmount: [euros(7)],
        daysToWon: { count: 1, mean: 1, median: 1 },
      },
    ]);
  });

  it('by the month of registration, in UTC', async () => {
    expect(await summary('leadFunnelSummary(groupBy: [MONTH])', 'month registered won')).toEqual([
      { month: '2024-01', registered: 3, won: 2 },
      { month: '2024-02', registered: 3, won: 1 },
    ]);
  });

  it('by month and origin, of some months only, and in all', async () => {
    expect(
      await summary('leadFunnelSummary(groupBy: [MONTH, ORIGIN], where: { month: { gte: "2024-02" } })', 'month origin registered'),
    ).toEqual([
      { month: '2024-02', origin: 'fair', registered: 1 },
      { month: '2024-02', origin: 'social', registered: 2 },
    ]);
    expect(await summary('leadFunnelSummary(groupBy: [])', 'month registered qualified converted won winRate')).toEqual([
      { month: null, registered: 6, qualified: 5, converted: 4, won: 3, winRate: 0.5 },
    ]);
  });

  it('takes back what is undone', async () => {
    const [{ opportunityId } = { opportunityId: '' }] = (
      await server.ask<{ readonly leads: { readonly nodes: readonly { readonly opportunityId: string }[] } }>(
        '{ leads(where: { name: { eq: "b" } }) { nodes { opportunityId } } }',
      )
    ).leads.nodes;
    const reopened = await server.done('reopenOpportunity', { id: opportunityId });
    const query =
      'query ($at: Position, $min: Position) { leadFunnelSummary(groupBy: [ORIGIN], where: { origin: { eq: "fair" } }, asOfPosition: $at, minPosition: $min) { won wonAmount { amount } daysToWon { mean } } }';
    expect(await server.ask(query, { min: reopened.position })).toEqual({
      leadFunnelSummary: [{ won: 1, wonAmount: [{ amount: '1000' }], daysToWon: { mean: 10.5 } }],
    });
    expect(await server.ask(query, { at: position })).toEqual({
      leadFunnelSummary: [{ won: 2, wonAmount: [{ amount: '1500' }], daysToWon: { mean: 15.25 } }],
    });
    await server.done('winOpportunity', { id: opportunityId, occurredAt: '2024-02-20T23:59:59Z' });
  });
});

describe('the key figures of sales', () => {
  it('by month of what happened and by owner', async () => {
    const query = `query ($at: Position) {
      salesKpisSummary(groupBy: [MONTH, OWNER], asOfPosition: $at) {
        month owner opened won lost winRate openedAmount { amount } wonAmount { amount } lostAmount { amount } cycleDays { mean }
      }
    }`;
    const amounts = (amount?: string): unknown => (amount === undefined ? [] : [{ amount }]);
    const row = (
      month: string,
      owner: string,
      [opened, won, lost]: readonly [number, number, number],
      [o, w, l]: readonly (string | undefined)[],
      winRate: number | null,
      mean: number | null,
    ) => ({
      month,
      owner,
      opened,
      won,
      lost,
      winRate,
      openedAmount: amounts(o),
      wonAmount: amounts(w),
      lostAmount: amounts(l),
      cycleDays: { mean },
    });
    expect(await server.ask(query, { at: position })).toEqual({
      salesKpisSummary: [
        row('2024-01', 'dan', [2, 1, 0], ['1500', '1000'], 1, 10.5),
        row('2024-02', 'dan', [0, 1, 0], [undefined, '500'], 1, 20),
        row('2024-02', 'maria', [2, 1, 1], ['307', '7', '300'], 0.5, 1),
      ],
    });
  });

  it('with the reasons of losses in the documents themselves', async () => {
    expect(
      await server.ask(
        '{ salesKpis(where: { owner: { eq: "maria" } }) { nodes { month lossReasons { reason count } pipeline { name } } } }',
      ),
    ).toEqual({
      salesKpis: { nodes: [{ month: '2024-02', lossReasons: [{ reason: 'price', count: 1 }], pipeline: { name: 'Standard' } }] },
    });
  });
});

describe('records', () => {
  it('are counted by their dimensions', async () => {
    expect(await summary('leadsSummary(groupBy: [STATUS, OWNER])', 'status owner count')).toEqual([
      { status: 'CONVERTED', owner: 'dan', count: 2 },
      { status: 'CONVERTED', owner: 'maria', count: 2 },
      { status: 'DISQUALIFIED', owner: 'maria', count: 1 },
      { status: 'QUALIFIED', owner: 'maria', count: 1 },
    ]);
  });

  it('are summed up with their currencies apart', async () => {
    const pipelineId = await definePipeline(server, { id: 'p2', currency: 'BRL' });
    const accountId = (await server.done('registerAccount', { name: 'Other' })).streamId;
    const { position: opened } = await server.done('openOpportunity', {
      name: 'X',
      accountId,
      pipelineId,
      amount: { amount: '100000000000000', currency: 'BRL' },
    });
    expect(
      await server.ask(
        'query ($position: Position) { opportunitiesSummary(minPosition: $position) { count amount { amount currency } } }',
        { position: opened },
      ),
    ).toEqual({
      opportunitiesSummary: [{ count: 5, amount: [{ amount: '100000000000000', currency: 'BRL' }, euros(1_807)] }],
    });
  });
});
