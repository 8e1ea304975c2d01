/** The past over the API: what was known at a position and at an instant, right at their edges, and a record's whole history. */
import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { convertLead, definePipeline, qualifiedLead, registerLead } from '../support/api/funnel.js';
import { sharedServer } from '../support/processes/set-up.js';

const { server } = await sharedServer();

interface Entry {
  readonly type: string;
  readonly position: string;
  readonly recordedAt: string;
}

const historyOf = async (id: string): Promise<readonly Entry[]> =>
  (
    await server.ask<{ readonly history: { readonly nodes: readonly Entry[] } }>(
      'query ($id: ID!) { history(recordType: LEAD, recordId: $id) { nodes { type position recordedAt } } }',
      { id },
    )
  ).history.nodes;

const before = (position: string): string => String(Number(position) - 1);
const earlier = (instant: string): string => new Date(Date.parse(instant) - 1).toISOString();

/** A lead registered, given to Dan, then qualified: each in a millisecond of its own. */
const moments = async (): Promise<{ readonly id: string; readonly events: readonly [Entry, Entry, Entry] }> => {
  const id = await registerLead(server, { origin: 'as-of' });
  await sleep(5);
  await server.done('assignLead', { id, ownerId: 'dan' });
  await sleep(5);
  await server.done('qualifyLead', { id, temperature: 'HOT' });
  await sleep(5);
  const [registered, assigned, qualified] = await historyOf(id);
  if (!registered || !assigned || !qualified) throw new Error('A lead has three events.');
  return { id, events: [registered, assigned, qualified] };
};

describe('as of a position', () => {
  it('shows what its event left, and one position before it what was there until then', async () => {
    const { id, events } = await moments();
    const at = async (asOfPosition: string): Promise<unknown> =>
      (
        await server.ask<{ readonly lead: unknown }>(
          'query ($id: ID!, $at: Position!) { lead(id: $id, asOf: { position: $at }) { ownerId status revision } }',
          { id, at: asOfPosition },
        )
      ).lead;
    const [registered, assigned, qualified] = events;
    expect(await at(before(registered.position))).toBeNull();
    expect(await at(registered.position)).toEqual({ ownerId: 'local', status: 'OPEN', revision: 0 });
    expect(await at(before(assigned.position))).toEqual({ ownerId: 'local', status: 'OPEN', revision: 0 });
    expect(await at(assigned.position)).toEqual({ ownerId: 'dan', status: 'OPEN', revision: 1 });
    expect(await at(qualified.position)).toEqual({ ownerId: 'dan', status: 'QUALIFIED', revision: 2 });
    expect(await at(String(Number(qualified.position) + 1_000_000))).toEqual({ ownerId: 'dan', status: 'QUALIFIED', revision: 2 });
  });
});

describe('as of an instant', () => {
  it('shows what had been recorded by then, to the millisecond', async () => {
    const { id, events } = await moments();
    const at = async (asOf: string): Promise<unknown> =>
      (
        await server.ask<{ readonly lead: unknown }>(
          'query ($id: ID!, $at: DateTime!) { lead(id: $id, asOf: { time: $at }) { ownerId status } }',
          {
            id,
            at: asOf,
          },
        )
      ).lead;
    const [registered, assigned, qualified] = events;
    expect(await at(earlier(registered.recordedAt))).toBeNull();
    expect(await at(registered.recordedAt)).toEqual({ ownerId: 'local', status: 'OPEN' });
    expect(await at(earlier(assigned.recordedAt))).toEqual({ ownerId: 'local', status: 'OPEN' });
    expect(await at(assigned.recordedAt)).toEqual({ ownerId: 'dan', status: 'OPEN' });
    expect(await at(earlier(qualified.recordedAt))).toEqual({ ownerId: 'dan', status: 'OPEN' });
    expect(await at(qualified.recordedAt)).toEqual({ ownerId: 'dan', status: 'QUALIFIED' });
    expect(await at('2100-01-01T00:00:00Z')).toEqual({ ownerId: 'dan', status: 'QUALIFIED' });
  });

  it('goes by when it was recorded, not by when it happened', async () => {
    const id = await registerLead(server, { occurredAt: '2001-01-01T00:00:00Z' });
    expect(await server.ask('query ($id: ID!) { lead(id: $id, asOf: { time: "2002-01-01T00:00:00Z" }) { id } }', { id })).toEqual({
      lead: null,
    });
  });

  it('is empty before the first event: lists, counts and summaries alike', async () => {
    await moments();
    const nothing = { nodes: [], totalCount: 0, pageInfo: { hasNextPage: false } };
    const list = '{ nodes { id } totalCount pageInfo { hasNextPage } }';
    for (const moment of ['asOf: { time: "2000-01-01T00:00:00Z" }', 'asOf: { position: "0" }', 'asOf: { day: "2000-01-01" }']) {
      expect(
        await server.ask(`{
          leads(${moment}) ${list} pipelineBoard(${moment}) ${list}
          leadFunnelSummary(groupBy: [{ by: ORIGIN }], ${moment}) { groups { registered } }
          all: leadFunnelSummary(${moment}) { total { documents registered daysToWon { count mean } wonAmount { amount } } }
        }`),
      ).toEqual({
        leads: nothing,
        pipelineBoard: nothing,
        leadFunnelSummary: { groups: [] },
        all: { total: { documents: 0, registered: null, daysToWon: { count: 0, mean: null }, wonAmount: [] } },
      });
    }
  });

  it('is given in one of three ways, not in two', async () => {
    const { errors } = await server.request('{ leads(asOf: { time: "2024-01-01T00:00:00Z", position: "1" }) { nodes { id } } }');
    expect(errors).toMatchObject([{ message: expect.stringContaining('exactly one'), extensions: { problems: [{ path: ['asOf'] }] } }]);
    const variables = { asOf: { time: '2024-01-01T00:00:00Z', day: '2024-01-01' } };
    const { errors: told } = await server.request('query ($asOf: Moment) { leads(asOf: $asOf) { nodes { id } } }', variables);
    expect(told).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', problems: [{ path: ['asOf'] }] } }]);
  });
});

describe('a past answer', () => {
  it('filters, orders, counts and sums what was there then', async () => {
    const first = await moments();
    const second = await moments();
    const query = `query ($at: Moment) {
      leads(where: { status: { eq: OPEN }, origin: { eq: "as-of" }, createdAt: { gte: "2020-01-01T00:00:00Z" } }, asOf: $at, orderBy: [{ field: CREATED_AT, direction: DESC }], first: 1) {
        totalCount nodes { id } pageInfo { hasNextPage }
      }
      leadsSummary(groupBy: [{ by: STATUS }], where: { origin: { eq: "as-of" } }, asOf: $at) { groups { status documents } }
    }`;
    const at = async (position: string): Promise<unknown> => server.ask(query, { at: { position } });
    // All leads of earlier tests are qualified by then.
    const past = await server.ask<{
      readonly leadsSummary: { readonly groups: readonly { readonly status: string; readonly documents: number }[] };
    }>(query, {
      at: { position: first.events[2].position },
    });
    const qualified = past.leadsSummary.groups.find(({ status }) => status === 'QUALIFIED')?.documents ?? 0;
    expect(past).toMatchObject({
      leads: { totalCount: 0, nodes: [] },
      leadsSummary: { groups: [{ status: 'QUALIFIED', documents: qualified }] },
    });
    expect(await at(second.events[1].position)).toEqual({
      leads: { totalCount: 1, nodes: [{ id: second.id }], pageInfo: { hasNextPage: false } },
      leadsSummary: {
        groups: [
          { status: 'OPEN', documents: 1 },
          { status: 'QUALIFIED', documents: qualified },
        ],
      },
    });
  });

  it('shows the records that it refers to, and duplicates, as of the same moment', async () => {
    const pipelineId = await definePipeline(server);
    const id = await qualifiedLead(server, { name: 'Referred', company: 'Referred Ltd', email: 'referred@example.com' });
    const { position } = await convertLead(server, id, pipelineId);
    const { lead: now } = await server.ask<{ readonly lead: { readonly accountId: string; readonly opportunityId: string } }>(
      'query ($id: ID!, $position: Position) { lead(id: $id, minPosition: $position) { accountId opportunityId } }',
      { id, position },
    );
    await server.done('reviseAccount', { id: now.accountId, name: 'Renamed' });
    await server.done('winOpportunity', { id: now.opportunityId });
    await registerLead(server, { name: 'Again', email: 'referred@example.com' });
    const query = `query ($id: ID!, $at: Moment, $min: Position) {
      lead(id: $id, asOf: $at, minPosition: $min) { account { name } opportunity { status account { name } } duplicates { name } history { nodes { type } } }
    }`;
    const history = { nodes: [{ type: 'LEAD_REGISTERED' }, { type: 'LEAD_QUALIFIED' }, { type: 'LEAD_CONVERTED' }] };
    expect(await server.ask(query, { id, at: { position } })).toEqual({
      lead: {
        account: { name: 'Referred Ltd' },
        opportunity: { status: 'OPEN', account: { name: 'Referred Ltd' } },
        duplicates: [],
        history,
      },
    });
    expect(await server.ask(query, { id, min: await server.logPosition() })).toEqual({
      lead: {
        account: { name: 'Renamed' },
        opportunity: { status: 'WON', account: { name: 'Renamed' } },
        duplicates: [{ name: 'Again' }],
        history,
      },
    });
  });
});

describe('a history', () => {
  it('tells each event with who, when, why, its data and what it changed', async () => {
    const commandId = '0b5c7b8e-0000-4000-8000-000000000001';
    const id = await registerLead(server, { origin: 'fair', occurredAt: '2024-01-01T00:00:00Z' });
    await server.done(
      'reviseLead',
      { commandId, id, name: 'Ana Maria', phone: '021 555 0100', occurredAt: '2024-01-02T00:00:00Z' },
      { 'x-daybook-actor': 'dan', 'x-correlation-id': 'visit-1' },
    );
    const { history } = await server
      .ask<{ readonly history: unknown }>(
        `query ($id: ID!) {
        history(recordType: LEAD, recordId: $id, first: 1, after: null) { pageInfo { hasNextPage } nodes { type } }
        all: history(recordType: LEAD, recordId: $id) {
          pageInfo { hasNextPage }
          nodes { type version revision occurredAt importedAt actorId onBehalfOfId commandId correlationId causationId data changes { field before after } }
        }
      }`,
        { id },
      )
      .then(({ history: firstPage, all }: { readonly history?: unknown; readonly all?: { readonly nodes: readonly unknown[] } }) => {
        expect(firstPage).toEqual({ pageInfo: { hasNextPage: true }, nodes: [{ type: 'LEAD_REGISTERED' }] });
        return { history: all };
      });
    expect(history).toMatchObject({
      pageInfo: { hasNextPage: false },
      nodes: [
        {
          type: 'LEAD_REGISTERED',
          revision: 0,
          changes: expect.arrayContaining([
            { field: 'name', before: null, after: 'Ana Pop' },
            { field: 'status', before: null, after: 'OPEN' },
            { field: 'origin', before: null, after: 'fair' },
          ]),
        },
        {
          type: 'LEAD_REVISED',
          version: 1,
          revision: 1,
          occurredAt: '2024-01-02T00:00:00.000Z',
          importedAt: null,
          actorId: 'dan',
          onBehalfOfId: null,
          commandId,
          correlationId: 'visit-1',
          causationId: commandId,
          data: { name: 'Ana Maria', phone: '021 555 0100' },
          changes: [
            { field: 'name', before: 'Ana Pop', after: 'Ana Maria' },
            { field: 'phone', before: null, after: '021 555 0100' },
            { field: 'phoneDigits', before: null, after: expect.any(String) },
          ],
        },
      ],
    });
  });

  it('is read page by page, and refuses the cursor of another record', async () => {
    const id = await registerLead(server);
    const other = await registerLead(server);
    for (const owner of ['a', 'b', 'c', 'd']) await server.done('assignLead', { id, ownerId: owner });
    const query = `query ($id: ID!, $after: String) { history(recordType: LEAD, recordId: $id, first: 2, after: $after) { nodes { revision } pageInfo { hasNextPage hasPreviousPage endCursor } } }`;
    type Page = {
      readonly history: {
        readonly nodes: readonly { readonly revision: number }[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
      };
    };
    const seen: number[] = [];
    let after: string | undefined;
    let more = true;
    while (more) {
      const { history }: Page = await server.ask<Page>(query, { id, after });
      seen.push(...history.nodes.map(({ revision }) => revision));
      after = history.pageInfo.endCursor;
      more = history.pageInfo.hasNextPage;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    const { errors } = await server.request(query, { id: other, after });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_CURSOR', problems: [{ path: ['after'] }] } }]);
  });

  it('is empty of a record that does not exist', async () => {
    expect(await server.ask('{ history(recordType: ACCOUNT, recordId: "nobody") { nodes { id } } }')).toEqual({ history: { nodes: [] } });
  });
});
