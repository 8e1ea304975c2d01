/** Lists over the API: filters of every kind, orders, searches, and pages that stay right while records are added. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { definePipeline, euros, openOpportunity, registerLead } from '../support/api/funnel.js';
import { sharedServer } from '../support/processes/set-up.js';

const { server } = await sharedServer({ DAYBOOK_MIN_POSITION_TIMEOUT_MS: '300' });
/** Everything that is read by the tests has been written at this position. */
let position: string;

const LEADS = [
  {
    id: 'l1',
    name: 'Ștefan Ionescu',
    company: 'Brutăria Ana',
    origin: 'fair',
    email: 'stefan@example.com',
    ownerId: 'dan',
    occurredAt: '2024-01-05T10:00:00Z',
  },
  { id: 'l2', name: 'stefan Ionescu', company: 'Țărm & Co', origin: 'Fair', ownerId: 'dan', occurredAt: '2024-01-06T10:00:00Z' },
  { id: 'l3', name: 'Émile Zola', origin: 'social', email: 'emile@example.com', ownerId: 'maria', occurredAt: '2024-02-01T00:00:00Z' },
  { id: 'l4', name: 'emil', company: '50% off_', origin: 'fair', ownerId: 'maria', occurredAt: '2024-02-01T00:00:00.001Z' },
  { id: 'l5', name: 'Zoë', company: 'Ana Zoe', ownerId: 'ion', occurredAt: '2024-03-01T00:00:00Z', interest: 'An oven and a mixer' },
  { id: 'l6', name: 'Andrei "Andy" Pop', origin: 'fair', ownerId: 'ion', occurredAt: '2024-03-02T00:00:00Z' },
];
const SCORES = { l1: 50, l3: 90, l5: 50 };

beforeAll(async () => {
  for (const lead of LEADS) await server.done('registerLead', lead);
  for (const [id, score] of Object.entries(SCORES)) {
    await server.done('qualifyLead', { id, score, temperature: id === 'l3' ? 'HOT' : 'WARM' });
  }
  await server.done('disqualifyLead', { id: 'l6', reason: 'NO_NEED' });
  const pipelineId = await definePipeline(server, { id: 'p1' });
  await openOpportunity(server, pipelineId, { id: 'o1', amount: euros(100), expectedClose: '2024-06-01' });
  await openOpportunity(server, pipelineId, { id: 'o2', amount: euros(20_000), expectedClose: '2024-05-31', stage: 'Offer' });
  await openOpportunity(server, pipelineId, { id: 'o3', amount: euros(3) });
  position = await server.logPosition();
  while (
    (
      await server.request(
        'query ($position: Position) { leads(minPosition: $position) { totalCount } opportunities(minPosition: $position) { totalCount } }',
        { position },
      )
    ).errors.length > 0
  );
});

interface Connection {
  readonly totalCount: number;
  readonly nodes: readonly { readonly id: string }[];
  readonly edges: readonly { readonly cursor: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

const TYPES = { leads: 'Lead', opportunities: 'Opportunity' } as const;

const page = async (list: keyof typeof TYPES, args: object): Promise<Connection> => {
  const type = TYPES[list];
  const search = list === 'leads' ? '$search: String,' : '';
  const { connection } = await server.ask<{ readonly connection: Connection }>(
    `query ($where: ${type}Where, ${search} $orderBy: [${type}Order!], $first: Int! = 50, $after: String, $position: Position) {
      connection: ${list}(where: $where, ${search && 'search: $search,'} orderBy: $orderBy, first: $first, after: $after, minPosition: $position) {
        totalCount nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`,
    { position, ...args },
  );
  return connection;
};

const idsOf = async (list: keyof typeof TYPES, args: object): Promise<readonly string[]> =>
  (await page(list, args)).nodes.map(({ id }) => id);

describe('a filter', () => {
  it.each<[string, object, readonly string[]]>([
    ['text that is equal as it stands', { origin: { eq: 'fair' } }, ['l1', 'l4', 'l6']],
    ['text that is another, or none', { origin: { ne: 'fair' } }, ['l2', 'l3', 'l5']],
    ['text of a list', { origin: { in: ['Fair', 'social'] } }, ['l2', 'l3']],
    ['text of an empty list', { origin: { in: [] } }, []],
    ['text not of a list', { origin: { notIn: ['fair', 'Fair'] } }, ['l3', 'l5']],
    ['text that is not there', { origin: { isNull: true } }, ['l5']],
    ['text that is there', { origin: { isNull: false } }, ['l1', 'l2', 'l3', 'l4', 'l6']],
    ['null by eq', { company: { eq: null } }, ['l3', 'l6']],
    ['a beginning, without case and accents', { name: { startsWith: 'STEFAN' } }, ['l1', 'l2']],
    ['a part, without case and accents', { name: { contains: 'émil' } }, ['l3', 'l4']],
    ['a percent sign as itself', { company: { contains: '50%' } }, ['l4']],
    ['an underscore as itself', { company: { contains: '_' } }, ['l4']],
    ['a quotation mark as itself', { name: { contains: '"Andy"' } }, ['l6']],
    ['text after another', { name: { gt: 'emile' } }, ['l1', 'l2', 'l3', 'l5']],
    ['text up to another', { name: { lte: 'EMIL' } }, ['l4', 'l6']],
    ['a choice', { status: { eq: 'QUALIFIED' } }, ['l1', 'l3', 'l5']],
    ['choices', { status: { in: ['OPEN', 'DISQUALIFIED'] } }, ['l2', 'l4', 'l6']],
    ['a choice that is none', { temperature: { isNull: true } }, ['l2', 'l4', 'l6']],
    ['another choice, or none', { temperature: { ne: 'HOT' } }, ['l1', 'l2', 'l4', 'l5', 'l6']],
    ['a user', { ownerId: { eq: 'dan' } }, ['l1', 'l2']],
    ['users', { ownerId: { notIn: ['dan', 'maria'] } }, ['l5', 'l6']],
    ['an instant and later', { createdAt: { gte: '2024-02-01T00:00:00Z' } }, ['l3', 'l4', 'l5', 'l6']],
    ['after an instant in another zone', { createdAt: { gt: '2024-02-01T02:00:00+02:00' } }, ['l4', 'l5', 'l6']],
    ['between instants', { createdAt: { gt: '2024-01-05T10:00:00Z', lt: '2024-02-01T00:00:00Z' } }, ['l2']],
    ['all that is given', { ownerId: { eq: 'dan' }, origin: { eq: 'fair' } }, ['l1']],
    ['one or the other', { or: [{ ownerId: { eq: 'dan' } }, { origin: { eq: 'social' } }] }, ['l1', 'l2', 'l3']],
    ['none of an empty choice', { or: [] }, []],
    ['all by an empty condition', { and: [] }, ['l1', 'l2', 'l3', 'l4', 'l5', 'l6']],
    ['the opposite, none included', { not: { origin: { contains: 'fair' } } }, ['l3', 'l5']],
    [
      'a mixture',
      {
        not: { or: [{ status: { eq: 'OPEN' } }, { and: [{ ownerId: { eq: 'dan' } }, { name: { startsWith: 'ș' } }] }] },
        origin: { isNull: false },
      },
      ['l3', 'l6'],
    ],
  ])('finds %s', async (_, where, expected) => {
    const { nodes, totalCount } = await page('leads', { where });
    expect({ ids: nodes.map(({ id }) => id), totalCount }).toEqual({ ids: expected, totalCount: expected.length });
  });

  it.each<[string, object, readonly string[]]>([
    ['a day', { expectedClose: { eq: '2024-06-01' } }, ['o1']],
    ['days before another', { expectedClose: { lt: '2024-06-01' } }, ['o2']],
    ['an amount in minor units', { amount: { currency: 'EUR', gte: '100' } }, ['o1', 'o2']],
    ['amounts of a list', { amount: { currency: 'EUR', in: ['3', '100'] } }, ['o1', 'o3']],
    ['the id of another record', { pipelineId: { eq: 'p1' } }, ['o1', 'o2', 'o3']],
    ['no record by an id that does not exist', { pipelineId: { eq: 'nowhere' } }, []],
    ['an id that is not there', { contactId: { isNull: true } }, ['o1', 'o2', 'o3']],
    ['what was never closed', { closedAt: { isNull: false } }, []],
  ])('finds %s', async (_, where, expected) => {
    expect(await idsOf('opportunities', { where })).toEqual(expected);
  });

  it('finds yes, no and whole numbers', async () => {
    const { pipelineBoard } = await server.ask<{ readonly pipelineBoard: { readonly nodes: unknown } }>(
      '{ pipelineBoard(where: { current: { eq: true }, version: { lte: 1 }, opportunities: { gt: 1 } }) { nodes { stageName opportunities } } }',
    );
    expect(pipelineBoard.nodes).toEqual([{ stageName: 'Contacted', opportunities: 2 }]);
  });
});

describe('an order', () => {
  it.each<[string, object, readonly string[]]>([
    ['ids without any', {}, ['l1', 'l2', 'l3', 'l4', 'l5', 'l6']],
    ['text without case and accents, ties by id', { orderBy: [{ field: 'NAME' }] }, ['l6', 'l4', 'l3', 'l1', 'l2', 'l5']],
    ['text downwards', { orderBy: [{ field: 'NAME', direction: 'DESC' }] }, ['l5', 'l2', 'l1', 'l3', 'l4', 'l6']],
    ['null before every number', { orderBy: [{ field: 'SCORE' }] }, ['l2', 'l4', 'l6', 'l1', 'l5', 'l3']],
    ['null after every number downwards', { orderBy: [{ field: 'SCORE', direction: 'DESC' }] }, ['l3', 'l5', 'l1', 'l6', 'l4', 'l2']],
    ['by two fields', { orderBy: [{ field: 'SCORE', direction: 'DESC' }, { field: 'NAME' }] }, ['l3', 'l1', 'l5', 'l6', 'l4', 'l2']],
    ['instants', { orderBy: [{ field: 'CREATED_AT', direction: 'DESC' }] }, ['l6', 'l5', 'l4', 'l3', 'l2', 'l1']],
  ])('puts %s', async (_, args, expected) => {
    expect(await idsOf('leads', args)).toEqual(expected);
    // The same, page by page: a cursor stands between nulls and values as well as anywhere.
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { nodes, pageInfo }: Connection = await page('leads', { ...args, first: 1, after });
      seen.push(...nodes.map(({ id }) => id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toEqual(expected);
  });

  it('puts money by its amount, and days with none first', async () => {
    expect(await idsOf('opportunities', { orderBy: [{ field: 'AMOUNT', currency: 'EUR' }] })).toEqual(['o3', 'o1', 'o2']);
    expect(await idsOf('opportunities', { orderBy: [{ field: 'EXPECTED_CLOSE' }] })).toEqual(['o3', 'o2', 'o1']);
  });
});

describe('a search', () => {
  it.each<[string, string, readonly string[]]>([
    ['a word without its accents', 'stefan', ['l1', 'l2']],
    ['a word with accents that the record lacks', 'ÉMIL', ['l3', 'l4']],
    ['beginnings of words in several fields', 'brut ion', ['l1']],
    ['words in any order', 'ionescu stef', ['l1', 'l2']],
    ['a word in the interest', 'mixer', ['l5']],
    ['an e-mail address', 'emile@example.com', ['l3']],
    ['no middle of a word', 'tefan', []],
    ['nothing that lacks one of the words', 'stefan zola', []],
    ['everything by signs alone', '%*"', ['l1', 'l2', 'l3', 'l4', 'l5', 'l6']],
    ['words with signs around them', '"ana" - tarm*', []],
    ['a word beside signs', '"ana" *', ['l1', 'l5']],
  ])('finds %s', async (_, search, expected) => {
    expect(await idsOf('leads', { search })).toEqual(expected);
  });

  it('goes together with a filter, an order and a count', async () => {
    const { nodes, totalCount } = await page('leads', {
      search: 'ionescu',
      where: { origin: { eq: 'fair' } },
      orderBy: [{ field: 'NAME' }],
    });
    expect({ nodes, totalCount }).toEqual({ nodes: [{ id: 'l1' }], totalCount: 1 });
  });

  it('takes 200 characters and says so beyond', async () => {
    expect(await idsOf('leads', { search: 'x'.repeat(200) })).toEqual([]);
    const { errors } = await server.request(`{ leads(search: "${'x'.repeat(201)}") { nodes { id } } }`);
    expect(errors).toMatchObject([
      { message: expect.stringContaining('search'), extensions: { code: 'BAD_USER_INPUT', problems: [{ path: ['search'] }] } },
    ]);
  });
});

describe('a page', () => {
  it('tells what is before and after it', async () => {
    const first = await page('leads', { first: 4 });
    expect(first.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: first.edges[0]?.cursor,
      endCursor: first.edges[3]?.cursor,
    });
    const second = await page('leads', { first: 4, after: first.pageInfo.endCursor });
    expect(second.nodes).toEqual([{ id: 'l5' }, { id: 'l6' }]);
    expect(second.totalCount).toBe(6);
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const beyond = await page('leads', { after: second.pageInfo.endCursor });
    expect(beyond).toMatchObject({
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
    });
  });

  it('leaves out nothing and repeats nothing while records are added before and behind it', async () => {
    const origin = 'paging';
    const add = async (name: string): Promise<string> => registerLead(server, { name, origin });
    const wanted: string[] = [];
    for (let i = 0; i < 9; i++) wanted.push(await add(`m${i}`));
    const seen: string[] = [];
    const added: string[] = [];
    let after: string | null = null;
    let pages = 0;
    do {
      const orderBy = [{ field: 'NAME' }];
      const minPosition = await server.logPosition();
      const { nodes, pageInfo }: Connection = await page('leads', {
        where: { origin: { eq: origin } },
        orderBy,
        first: 2,
        after,
        position: minPosition,
      });
      seen.push(...nodes.map(({ id }) => id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      pages += 1;
      await add(`a${pages}`);
      if (pages < 4) added.push(await add(`z${pages}`));
    } while (after !== null);
    expect(seen).toEqual([...wanted, ...added]);
  });

  it('is refused with the cursor of another order, another list, or none at all', async () => {
    const cursor = (await page('leads', { orderBy: [{ field: 'NAME' }], first: 1 })).pageInfo.endCursor ?? '';
    const opportunity = (await page('opportunities', { first: 1 })).pageInfo.endCursor ?? '';
    const query = 'query ($orderBy: [LeadOrder!], $after: String) { leads(orderBy: $orderBy, after: $after) { nodes { id } } }';
    for (const variables of [
      { after: cursor },
      { after: cursor, orderBy: [{ field: 'NAME', direction: 'DESC' }] },
      { after: cursor, orderBy: [{ field: 'SCORE' }] },
      { after: opportunity },
      { after: 'no cursor' },
      { after: Buffer.from('["x"]').toString('base64url') },
      { after: '' },
    ]) {
      const { errors, data } = await server.request(query, variables);
      expect({ variables, errors, data }).toMatchObject({
        errors: [{ extensions: { code: 'BAD_CURSOR', problems: [{ path: ['after'] }] } }],
        data: { leads: null },
      });
    }
  });

  it.each([0, -1, 501, 2_147_483_647])('has from 1 to 500 records, not %s', async (first) => {
    const { errors } = await server.request('query ($first: Int!) { leads(first: $first) { nodes { id } } }', { first });
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('first must be from 1 to 500'),
        extensions: { code: 'BAD_USER_INPUT', problems: [{ path: ['first'] }] },
      },
    ]);
  });
});

describe('minPosition', () => {
  it('ends in a clear error when the read model does not get there in time', async () => {
    const { errors, data } = await server.request('query ($position: Position) { leads(minPosition: $position) { nodes { id } } }', {
      position: String(Number(await server.logPosition()) + 1000),
    });
    expect(data).toEqual({ leads: null });
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('did not reach'),
        extensions: { code: 'POSITION_TIMEOUT', position: expect.stringMatching(/^\d+$/) },
      },
    ]);
  });
});

describe('references', () => {
  it('are objects, read for each record of a list', async () => {
    const { opportunities } = await server.ask<{ readonly opportunities: { readonly nodes: unknown } }>(
      '{ opportunities { nodes { id account { name } pipeline { id stages { name } } contact { id } lead { id } } } }',
    );
    const others = {
      account: { name: 'Brutăria Ana' },
      pipeline: { id: 'p1', stages: [{ name: 'Contacted' }, { name: 'Offer' }, { name: 'Negotiation' }] },
      contact: null,
      lead: null,
    };
    expect(opportunities.nodes).toEqual([
      { id: 'o1', ...others },
      { id: 'o2', ...others },
      { id: 'o3', ...others },
    ]);
  });

  it('lead back to what refers to a record, and are filtered by, in one request', async () => {
    const answer = await server.ask<Record<string, unknown>>(`{
      opportunities(where: { id: { in: ["o1", "o3"] } }) { nodes { id account { opportunities { totalCount nodes { id } } } withheld } }
      elsewhere: opportunities(where: { pipeline: { status: { eq: RETIRED } } }) { totalCount }
    }`);
    const alone = (id: string) => ({ id, account: { opportunities: { totalCount: 1, nodes: [{ id }] } }, withheld: [] });
    expect(answer).toEqual({ opportunities: { nodes: [alone('o1'), alone('o3')] }, elsewhere: { totalCount: 0 } });
  });

  it('are null where there is no such record', async () => {
    expect(await server.ask('{ lead(id: "nobody") { id } opportunity(id: "nothing") { id } }')).toEqual({ lead: null, opportunity: null });
  });
});

// The last one here: it adds opportunities.
describe('money', () => {
  beforeAll(async () => {
    const pipelineId = await definePipeline(server, { id: 'p2', currency: 'RON' });
    await openOpportunity(server, pipelineId, { id: 'r1', amount: { amount: '50', currency: 'RON' } });
    await openOpportunity(server, pipelineId, { id: 'r2', amount: { amount: '7', currency: 'RON' } });
    position = await server.logPosition();
  });

  const ordered = async (currency: string, direction: string, first = 50, after: string | null = null): Promise<Connection> =>
    page('opportunities', { orderBy: [{ field: 'AMOUNT', direction, currency }], first, after });

  it.each([
    ['EUR', 'ASC', ['o3', 'o1', 'o2', 'r1', 'r2']],
    ['EUR', 'DESC', ['o2', 'o1', 'o3', 'r1', 'r2']],
    ['RON', 'DESC', ['r1', 'r2', 'o1', 'o2', 'o3']],
    ['USD', 'ASC', ['o1', 'o2', 'o3', 'r1', 'r2']],
  ])('in %s is ordered %s, and what is in other currencies comes last', async (currency, direction, expected) => {
    expect((await ordered(currency, direction)).nodes.map(({ id }) => id)).toEqual(expected);
    for (const first of [1, 2, 3]) {
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const { nodes, pageInfo }: Connection = await ordered(currency, direction, first, after);
        seen.push(...nodes.map(({ id }) => id));
        after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      } while (after !== null);
      expect(seen).toEqual(expected);
    }
  });

  it('is filtered in one currency', async () => {
    const found = async (amount: object) => idsOf('opportunities', { where: { amount } });
    expect(await found({ currency: 'RON' })).toEqual(['r1', 'r2']);
    expect(await found({ currency: 'RON', lt: '50' })).toEqual(['r2']);
    expect(await found({ currency: 'RON', ne: '50' })).toEqual(['r2']);
    expect(await found({ isNull: true })).toEqual([]);
  });

  it.each([
    ['a filter without a currency', { where: { amount: { gte: '100' } } }, ['where', 'amount', 'currency']],
    ['an order without a currency', { orderBy: [{ field: 'AMOUNT' }] }, ['orderBy', '0', 'currency']],
    ['a currency for something else', { orderBy: [{ field: 'NAME', currency: 'EUR' }] }, ['orderBy', '0', 'currency']],
  ])('is refused by %s', async (_, variables, path) => {
    const query =
      'query ($where: OpportunityWhere, $orderBy: [OpportunityOrder!]) { opportunities(where: $where, orderBy: $orderBy) { totalCount } }';
    const { errors } = await server.request(query, variables);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', problems: [{ path }] } }]);
  });
});
