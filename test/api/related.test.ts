/** Records found by their ids, lists from the other side of a reference, and conditions on related records. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accounts } from '../../projections/parties/accounts.js';
import { Id, Ref, type Fields } from '../../contracts/fields/index.js';
import { contractOf } from '../../src/api/contract.js';
import { toClientError } from '../../src/api/graphql/errors.js';
import { Relations } from '../../src/api/graphql/relations.js';
import { domain } from '../../src/domain.js';
import type { Projection } from '../../src/kernel/projection.js';
import { readModel } from '../../src/kernel/read-model.js';
import { openResolvers, type Answer, type Resolvers } from '../support/api/resolvers.js';

let api: Resolvers;
/** Where the log stood before the last change. */
let before: string;

const ACCOUNTS = 20;
const accountIds = Array.from({ length: ACCOUNTS }, (_, index) => `a${String(index).padStart(2, '0')}`);
const eur = (amount: number) => ({ amount, currency: 'EUR' });

beforeAll(async () => {
  api = await openResolvers();
  const stages = [{ name: 'Contacted', probability: 50 }];
  await api.send('DefinePipeline', { id: 'p', name: 'Sales', currency: 'EUR', stages, lossReasons: ['price'] });
  for (const [index, id] of accountIds.entries()) {
    await api.send('RegisterAccount', { id, name: `Account ${id}`, industry: index % 2 === 0 ? 'hotels' : 'bakeries' });
    // The first has none, the second one, the third two, and so on.
    for (let count = 0; count < index % 5; count++) {
      await api.send('OpenOpportunity', {
        id: `${id}-${count}`,
        name: `Oven ${count}`,
        accountId: id,
        pipelineId: 'p',
        amount: eur(count + 1),
      });
    }
  }
  const { position } = await api.send('RegisterContact', { id: 'c', name: 'Ana', accountId: 'a01' });
  before = String(position);
  await api.send('ReviseAccount', { id: 'a01', industry: 'hotels' });
  await api.send('OpenOpportunity', { id: 'a01-late', name: 'Mixer', accountId: 'a01', contactId: 'c', pipelineId: 'p', amount: eur(9) });
});

afterAll(async () => api.close());

const found = async (query: string, variables: object = {}): Promise<unknown> => {
  const { data, errors } = await api.ask(query, { ...variables });
  expect(errors).toEqual([]);
  return data;
};

const refusal = ({ errors: [error] }: Answer): unknown => toClientError(error?.originalError ?? error)?.extensions;

describe('A condition on ids', () => {
  const idsOf = async (where: object) =>
    (
      (await found('query ($where: AccountWhere) { accounts(where: $where) { nodes { id } } }', { where })) as {
        readonly accounts: { readonly nodes: readonly { readonly id: string }[] };
      }
    ).accounts.nodes.map(({ id }) => id);

  it.each([
    ['eq', { id: { eq: 'a03' } }, ['a03']],
    ['in, of ids that there are', { id: { in: ['a04', 'nobody', 'a02'] } }, ['a02', 'a04']],
    ['ne, with another condition', { id: { ne: 'a00' }, name: { lt: 'Account a03' } }, ['a01', 'a02']],
    ['notIn', { id: { notIn: accountIds.slice(1) } }, ['a00']],
    ['or', { or: [{ id: { eq: 'a00' } }, { name: { eq: 'Account a07' } }] }, ['a00', 'a07']],
    ['not', { not: { id: { in: accountIds.slice(2) } } }, ['a00', 'a01']],
    ['null, which no id is', { id: { eq: null } }, []],
  ])('%s', async (_, where, expected) => {
    expect(await idsOf(where)).toEqual(expected);
  });

  it('finds figures by their ids', async () => {
    const { salesKpis } = (await found('{ salesKpis { nodes { id } } }')) as {
      readonly salesKpis: { readonly nodes: readonly { readonly id: string }[] };
    };
    const [{ id } = { id: '' }] = salesKpis.nodes;
    expect(await found('query ($id: ID) { salesKpis(where: { id: { eq: $id } }) { nodes { id } } }', { id })).toEqual({
      salesKpis: { nodes: [{ id }] },
    });
  });
});

describe('The list of what refers to a record', () => {
  it('is asked for once for all records of a page', async () => {
    api.questions();
    const data = await found('{ accounts { nodes { id opportunities { totalCount nodes { id account { name } } } } } }');
    expect(api.questions()).toEqual(['list accounts', 'list opportunities', 'get accounts']);
    const counts = accountIds.map((_, index) => (index % 5) + (index === 1 ? 1 : 0));
    expect(data).toMatchObject({ accounts: { nodes: counts.map((totalCount) => ({ opportunities: { totalCount } })) } });
    expect(data).toMatchObject({
      accounts: {
        nodes: expect.arrayContaining([
          {
            id: 'a07',
            opportunities: {
              totalCount: 2,
              nodes: [
                { id: 'a07-0', account: { name: 'Account a07' } },
                { id: 'a07-1', account: { name: 'Account a07' } },
              ],
            },
          },
        ]),
      },
    });
  });

  it('has pages, an order and a filter of its own', async () => {
    const page = `query ($after: String) {
      accounts(where: { id: { in: ["a04", "a09", "a05"] } }) {
        nodes { id opportunities(first: 2, after: $after, orderBy: [{ field: AMOUNT, direction: DESC, currency: "EUR" }], where: { amount: { currency: "EUR", gt: "1" } }) {
          totalCount pageInfo { hasNextPage hasPreviousPage endCursor } nodes { id }
        } }
      }
    }`;
    const first = await found(page);
    expect(first).toMatchObject({
      accounts: {
        nodes: [
          {
            opportunities: {
              totalCount: 3,
              pageInfo: { hasNextPage: true, hasPreviousPage: false },
              nodes: [{ id: 'a04-3' }, { id: 'a04-2' }],
            },
          },
          { opportunities: { totalCount: 0, pageInfo: { hasNextPage: false, endCursor: null }, nodes: [] } },
          { opportunities: { totalCount: 3, nodes: [{ id: 'a09-3' }, { id: 'a09-2' }] } },
        ],
      },
    });
    type Page = {
      readonly accounts: { readonly nodes: readonly { readonly opportunities: { readonly pageInfo: { readonly endCursor: string } } }[] };
    };
    const after = (first as Page).accounts.nodes[0]?.opportunities.pageInfo.endCursor;
    expect(await found(page, { after })).toMatchObject({
      accounts: {
        nodes: [
          { opportunities: { totalCount: 3, pageInfo: { hasNextPage: false, hasPreviousPage: true }, nodes: [{ id: 'a04-1' }] } },
          {},
          {},
        ],
      },
    });
  });

  it('is that of the same moment', async () => {
    const query =
      'query ($asOf: Moment) { account(id: "a01", asOf: $asOf) { opportunities { nodes { id } } contacts { nodes { id opportunities { totalCount } } } } }';
    expect(await found(query, { asOf: { position: before } })).toEqual({
      account: { opportunities: { nodes: [{ id: 'a01-0' }] }, contacts: { nodes: [{ id: 'c', opportunities: { totalCount: 0 } }] } },
    });
    expect(await found(query)).toMatchObject({
      account: {
        opportunities: { nodes: [{ id: 'a01-0' }, { id: 'a01-late' }] },
        contacts: { nodes: [{ opportunities: { totalCount: 1 } }] },
      },
    });
  });

  it('is asked for by itself where the lists of other records have not left room for it', async () => {
    const query = `{
      accounts(where: { id: { in: ["a04", "a09", "a14", "a19"] } }) { nodes { opportunities(first: 1) { nodes { id } pageInfo { hasNextPage } } } }
    }`;
    api.questions();
    const shown = (id: string) => ({ opportunities: { nodes: [{ id: `${id}-0` }], pageInfo: { hasNextPage: true } } });
    expect(await found(query)).toEqual({ accounts: { nodes: ['a04', 'a09', 'a14', 'a19'].map(shown) } });
    // Eight documents are read at once, two for each. The first two accounts have four each.
    expect(api.questions()).toEqual(['list accounts', 'list opportunities', 'list opportunities', 'list opportunities']);
  });

  it('is refused a page that is too long, like any other', async () => {
    const answer = await api.ask('{ account(id: "a01") { opportunities(first: 501) { totalCount } } }');
    expect(refusal(answer)).toMatchObject({ code: 'BAD_USER_INPUT', problems: [{ path: ['first'] }] });
  });
});

describe('A condition on related records', () => {
  const query = 'query ($where: OpportunityWhere, $asOf: Moment) { opportunities(where: $where, asOf: $asOf) { totalCount } }';
  const count = async (where: object, asOf?: object) =>
    ((await found(query, { where, asOf })) as { readonly opportunities: { readonly totalCount: number } }).opportunities.totalCount;

  it('finds what refers to a record that matches', async () => {
    // Of 41 opportunities, those of even accounts (0 + 2 + 4 + 1 + 3, twice) and of a01, which became a hotel.
    expect(await count({ account: { industry: { eq: 'hotels' } } })).toBe(22);
    expect(await count({ account: { industry: { eq: 'hotels' } }, amount: { currency: 'EUR', gte: '4' } })).toBe(3);
    expect(await count({ not: { account: { industry: { eq: 'hotels' } } } })).toBe(19);
    expect(await count({ or: [{ account: { id: { eq: 'a03' } } }, { account: { name: { eq: 'Account a04' } } }] })).toBe(7);
    expect(await count({ account: { industry: { eq: 'mills' } } })).toBe(0);
    expect(await count({ contact: { name: { eq: 'Ana' } } })).toBe(1);
  });

  it('asks nothing where it asks for nothing', async () => {
    expect(await count({ account: {} })).toBe(41);
    expect(await count({ contact: null })).toBe(41);
  });

  it('holds as of the moment that is asked for', async () => {
    expect(await count({ account: { industry: { eq: 'hotels' } } }, { position: before })).toBe(20);
  });

  it('works in lists of a record and in summaries', async () => {
    const { pipeline, opportunitiesSummary } = (await found(`{
      pipeline(id: "p") { opportunities(where: { account: { industry: { eq: "hotels" } } }) { totalCount } }
      opportunitiesSummary(where: { account: { industry: { eq: "hotels" } } }) { __typename }
    }`)) as Record<string, unknown>;
    expect(pipeline).toEqual({ opportunities: { totalCount: 22 } });
    expect(opportunitiesSummary).toBeTruthy();
  });

  it('goes one step, and not over a subscription', async () => {
    const { errors } = await api.ask('{ opportunities(where: { contact: { account: { name: { eq: "x" } } } }) { totalCount } }');
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('"account" is not defined by type "ContactConditions"')]);
    const followed = await api.ask('subscription { opportunityChanged(where: { account: { name: { eq: "x" } } }) { id } }');
    expect(followed.errors.map(({ message }) => message)).toEqual([expect.stringContaining('OpportunityConditions')]);
  });

  it('is refused with the way to it', async () => {
    const many = { account: { id: { in: Array.from({ length: 501 }, (_, index) => `x${index}`) } } };
    expect(refusal(await api.ask(query, { where: many }))).toMatchObject({ problems: [{ path: ['where', 'account', 'id', 'in'] }] });
    const lookups = { or: Array.from({ length: 11 }, () => ({ account: { name: { eq: 'x' } } })) };
    expect(refusal(await api.ask(query, { where: lookups }))).toMatchObject({ code: 'BAD_USER_INPUT', problems: [{ path: ['where'] }] });
  });

  it('is refused where it matches more records than are looked up', async () => {
    const crowded = await openResolvers({ list: async () => ({ json: '[]', hasNext: true }), count: async () => 10_001 });
    const answer = await crowded.ask('{ opportunities(where: { account: { industry: { eq: "hotels" } } }) { totalCount } }');
    await crowded.close();
    expect(refusal(answer)).toMatchObject({
      code: 'BAD_USER_INPUT',
      problems: [{ path: ['where', 'account'], message: expect.stringContaining('10001 accounts; at most 10000') }],
    });
  });
});

describe('A reference', () => {
  const modelOf = (name: string, ...columns: readonly string[]) => {
    const fields: Fields = { id: Id, ...Object.fromEntries(columns.map((column) => [column, Ref('account')])) };
    return readModel(name, { version: 1, description: 'For tests.', columns: fields, filter: columns });
  };

  it('that is named after the record type gives its list the name of the read model, and any other its own name besides', () => {
    const deals = modelOf('deals', 'accountId', 'buyerId');
    const relations = new Relations([accounts.model, deals]);
    expect(relations.to(accounts.model).map(({ column, list }) => [column, list])).toEqual([
      ['accountId', 'deals'],
      ['buyerId', 'dealsAsBuyer'],
    ]);
    expect(relations.from(deals).map(({ name }) => name)).toEqual(['account', 'buyer']);
  });

  it('is refused at the start where its list would have the name of another field', () => {
    const clashing: Projection = { model: modelOf('tags', 'accountId'), types: [], changes: () => [] };
    expect(() => contractOf(domain, [...domain.projections, clashing])).toThrow(
      'tags.accountId gives Account a list named tags, but Account has a field of that name.',
    );
  });
});
