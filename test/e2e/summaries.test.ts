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
  readonly ownerId: string;
  readonly qualified?: true;
  readonly wonAfter?: number;
  readonly amount?: number;
  readonly lost?: true;
}[] = [
  { id: 'a', origin: 'fair', at: '2024-01-01T00:00:00Z', ownerId: 'dan', qualified: true, wonAfter: 10.5, amount: 1_000 },
  { id: 'b', origin: 'fair', at: '2024-01-31T23:59:59Z', ownerId: 'dan', qualified: true, wonAfter: 20, amount: 500 },
  { id: 'c', origin: 'fair', at: '2024-02-01T00:00:00Z', ownerId: 'maria', qualified: true },
  { id: 'd', at: '2024-01-15T00:00:00Z', ownerId: 'maria' },
  { id: 'e', origin: 'social', at: '2024-02-10T00:00:00Z', ownerId: 'maria', qualified: true, wonAfter: 1, amount: 7 },
  { id: 'f', origin: 'social', at: '2024-02-11T00:00:00Z', ownerId: 'maria', qualified: true, lost: true, amount: 300 },
];

const after = (instant: string, days: number): string => new Date(Date.parse(instant) + days * 86_400_000).toISOString();

beforeAll(async () => {
  const pipelineId = await definePipeline(server, { id: 'p1' });
  for (const { id, origin, at, ownerId, qualified, wonAfter, amount = 0, lost } of LEADS) {
    await server.done('registerLead', { id, name: id, ownerId, occurredAt: at, ...(origin === undefined ? {} : { origin }) });
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
    await server.ask<{ readonly summary: { readonly groups: unknown } }>(
      `query ($position: Position) { summary: ${field.replace('(', '(minPosition: $position, ')} { groups { ${fields} } } }`,
      { position },
    )
  ).summary.groups;

describe('the lead funnel', () => {
  const fields =
    'registered qualified disqualified converted won conversionRate winRate wonAmount { amount currency } daysToWon { count mean median }';

  it('by origin, those without one first', async () => {
    expect(await summary('leadFunnelSummary(groupBy: [{ by: ORIGIN }])', `origin ${fields}`)).toEqual([
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
    expect(await summary('leadFunnelSummary(groupBy: [{ by: MONTH }])', 'month registered won')).toEqual([
      { month: '2024-01', registered: 3, won: 2 },
      { month: '2024-02', registered: 3, won: 1 },
    ]);
  });

  it('by month and origin, of some months only, and in all', async () => {
    expect(
      await summary(
        'leadFunnelSummary(groupBy: [{ by: MONTH }, { by: ORIGIN }], where: { month: { gte: "2024-02" } })',
        'month origin registered',
      ),
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
      'query ($at: Moment, $min: Position) { leadFunnelSummary(groupBy: [{ by: ORIGIN }], where: { origin: { eq: "fair" } }, asOf: $at, minPosition: $min) { groups { won wonAmount { amount } daysToWon { mean } } } }';
    expect(await server.ask(query, { min: reopened.position })).toEqual({
      leadFunnelSummary: { groups: [{ won: 1, wonAmount: [{ amount: '1000' }], daysToWon: { mean: 10.5 } }] },
    });
    expect(await server.ask(query, { at: { position } })).toEqual({
      leadFunnelSummary: { groups: [{ won: 2, wonAmount: [{ amount: '1500' }], daysToWon: { mean: 15.25 } }] },
    });
    await server.done('winOpportunity', { id: opportunityId, occurredAt: '2024-02-20T23:59:59Z' });
  });
});

describe('the key figures of sales', () => {
  it('by month of what happened and by owner', async () => {
    const query = `query ($at: Moment) {
      salesKpisSummary(groupBy: [{ by: MONTH }, { by: OWNER_ID }], asOf: $at) {
        groups { month ownerId opened won lost winRate openedAmount { amount } wonAmount { amount } lostAmount { amount } cycleDays { mean } }
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
      ownerId: owner,
      opened,
      won,
      lost,
      winRate,
      openedAmount: amounts(o),
      wonAmount: amounts(w),
      lostAmount: amounts(l),
      cycleDays: { mean },
    });
    expect(await server.ask(query, { at: { position } })).toEqual({
      salesKpisSummary: {
        groups: [
          row('2024-01', 'dan', [2, 1, 0], ['1500', '1000'], 1, 10.5),
          row('2024-02', 'dan', [0, 1, 0], [undefined, '500'], 1, 20),
          row('2024-02', 'maria', [2, 1, 1], ['307', '7', '300'], 0.5, 1),
        ],
      },
    });
  });

  it('with the reasons of losses in the documents themselves', async () => {
    expect(
      await server.ask(
        '{ salesKpis(where: { ownerId: { eq: "maria" } }) { nodes { month lossReasons { reason count } pipeline { name } } } }',
      ),
    ).toEqual({
      salesKpis: { nodes: [{ month: '2024-02', lossReasons: [{ reason: 'price', count: 1 }], pipeline: { name: 'Standard' } }] },
    });
  });
});

describe('records', () => {
  it('are counted by their dimensions', async () => {
    expect(await summary('leadsSummary(groupBy: [{ by: STATUS }, { by: OWNER_ID }])', 'status ownerId documents')).toEqual([
      { status: 'CONVERTED', ownerId: 'dan', documents: 2 },
      { status: 'CONVERTED', ownerId: 'maria', documents: 2 },
      { status: 'DISQUALIFIED', ownerId: 'maria', documents: 1 },
      { status: 'QUALIFIED', ownerId: 'maria', documents: 1 },
    ]);
  });

  it('are summed up with their currencies apart', async () => {
    const pipelineId = await definePipeline(server, { id: 'p2', currency: 'BRL' });
    const accountId = (await server.done('registerAccount', { name: 'Other' })).recordId;
    const { position: opened } = await server.done('openOpportunity', {
      name: 'X',
      accountId,
      pipelineId,
      amount: { amount: '100000000000000', currency: 'BRL' },
    });
    expect(
      await server.ask(
        'query ($position: Position) { opportunitiesSummary(minPosition: $position) { total { documents amount { amount currency } } } }',
        { position: opened },
      ),
    ).toEqual({
      opportunitiesSummary: { total: { documents: 5, amount: [{ amount: '100000000000000', currency: 'BRL' }, euros(1_807)] } },
    });
  });

  it('are grouped by periods of when they began, in the company’s zone or another', async () => {
    const months = 'leadsSummary(groupBy: [{ by: CREATED_AT, unit: MONTH }])';
    const january = { createdAt: '2024-01-01', documents: 3 };
    expect(await summary(months, 'createdAt documents')).toEqual([january, { createdAt: '2024-02-01', documents: 3 }]);
    // In Bucharest the lead of 31 January, 23:59:59 UTC, began in February.
    expect(await summary(months.replace('])', '], timeZone: "Europe/Bucharest")'), 'createdAt documents')).toEqual([
      { createdAt: '2024-01-01', documents: 2 },
      { createdAt: '2024-02-01', documents: 4 },
    ]);
    expect(await summary(months.replace('MONTH', 'WEEK'), 'createdAt documents')).toEqual([
      { createdAt: '2024-01-01', documents: 1 },
      { createdAt: '2024-01-15', documents: 1 },
      { createdAt: '2024-01-29', documents: 2 },
      { createdAt: '2024-02-05', documents: 2 },
    ]);
  });

  it('give the largest groups, the rest as one, and all together, as of a position', async () => {
    const query = `query ($min: Position) { leadsSummary(groupBy: [{ by: ORIGIN }], top: 1, minPosition: $min) {
      groups { origin documents } rest { origin documents } total { origin documents } timeZone position } }`;
    const { leadsSummary } = await server.ask<{ readonly leadsSummary: { readonly position: string } }>(query, { min: position });
    expect(leadsSummary).toEqual({
      groups: [{ origin: 'fair', documents: 3 }],
      rest: { origin: null, documents: 3 },
      total: { origin: null, documents: 6 },
      timeZone: 'UTC',
      position: expect.stringMatching(/^[0-9]+$/),
    });
    expect(Number(leadsSummary.position)).toBeGreaterThanOrEqual(Number(position));
    expect(await server.ask(query.replace('top: 1', 'top: 3'), { min: position })).toMatchObject({ leadsSummary: { rest: null } });
  });

  it('are ordered by what is counted and summed, and rates of the rest are worked out anew', async () => {
    const query = `query ($orderBy: [LeadFunnelEntrySummaryOrder!], $min: Position) {
      leadFunnelSummary(groupBy: [{ by: ORIGIN }], orderBy: $orderBy, top: 1, minPosition: $min) { groups { origin } rest { registered won winRate } } }`;
    const first = async (...orderBy: readonly object[]) => server.ask(query, { orderBy, min: position });
    expect(await first({ field: 'WON_AMOUNT', currency: 'EUR', direction: 'DESC' })).toEqual({
      leadFunnelSummary: { groups: [{ origin: 'fair' }], rest: { registered: 3, won: 1, winRate: 1 / 3 } },
    });
    expect(await first({ field: 'REGISTERED' })).toMatchObject({ leadFunnelSummary: { groups: [{ origin: null }] } });
    expect(await first({ field: 'WIN_RATE', direction: 'DESC' })).toMatchObject({ leadFunnelSummary: { groups: [{ origin: 'fair' }] } });
  });

  it.each([
    ['an instant without a unit', 'groupBy: [{ by: CREATED_AT }]', ['groupBy', '0', 'unit']],
    ['periods of text', 'groupBy: [{ by: ORIGIN, unit: DAY }]', ['groupBy', '0', 'unit']],
    ['something twice', 'groupBy: [{ by: ORIGIN }, { by: ORIGIN }]', ['groupBy', '1', 'by']],
    ['a zone that is none', 'timeZone: "Mars/Olympus"', ['timeZone']],
    ['no groups at all', 'top: 0', ['top']],
    ['an order by what is not grouped by', 'orderBy: [{ field: ORIGIN }]', ['orderBy', '0', 'field']],
  ])('are refused by %s', async (_, args, path) => {
    const { errors } = await server.request(`{ leadsSummary(${args}) { total { documents } } }`);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', problems: [{ path }] } }]);
  });
});
