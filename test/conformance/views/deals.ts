/** A read model with a column of every kind, one without history, and what tests say about their documents. */
import { Choice, Day, Decimal, Flag, Id, Instant, Int, List, MoneyField, Text, User, type Of } from '../../../contracts/fields/index.js';
import { DistributionField, MoneyByCurrencyField } from '../../../src/kernel/computed-fields.js';
import type { Document } from '../../../src/kernel/projection.js';
import { readModel } from '../../../src/kernel/read-model.js';
import { noProgress } from '../../../src/views/port/build-identity.js';
import type { Build } from '../../../src/views/port/builds.js';
import type { Commit, DocumentChange } from '../../../src/views/port/commits.js';
import type { Lease } from '../../../src/leases/port.js';
import type { ViewReader } from '../../../src/views/port/store.js';
import type { ListQuery, Where } from '../../../src/views/port/query.js';

const columns = {
  id: Id,
  name: Text(200),
  stage: Choice('DealStage', 'How far a deal has come.', ['open', 'won', 'lost']),
  owner: User,
  region: Text(100).optional(),
  email: Text(254).optional(),
  urgent: Flag.optional(),
  score: Int().optional(),
  ratio: Decimal().optional(),
  amount: MoneyField.optional(),
  paid: MoneyByCurrencyField.optional(),
  days: DistributionField.optional(),
  due: Day.optional(),
  openedAt: Instant.optional(),
  tags: List(Text(50), 10).optional(),
};

export const deals = readModel('deals', {
  version: 1,
  description: 'A deal.',
  columns,
  filter: ['name', 'stage', 'owner', 'region', 'urgent', 'score', 'ratio', 'amount', 'due', 'openedAt'],
  sort: ['name', 'stage', 'region', 'score', 'ratio', 'amount', 'due', 'openedAt'],
  search: ['name', 'tags'],
  dimension: ['stage', 'owner', 'region', 'urgent'],
  measure: ['score', 'ratio', 'amount', 'paid', 'days'],
  duplicates: [['email']],
});

export const tallies = readModel('tallies', {
  version: 1,
  description: 'A tally.',
  columns: { name: Text(50), total: Int(0) },
  history: false,
  filter: ['name'],
  sort: ['name'],
  measure: ['total'],
});

export type Deal = Partial<Of<typeof columns>>;

/** A change of a deal at a position; null removes it. */
export function change(key: string, position: number, deal: Deal | null): DocumentChange {
  return { key, position, document: deal && { id: key, name: key, stage: 'open', owner: 'ana', ...deal } };
}

/** The build of deals that a store for tests begins with. */
export const live: Build = { model: deals, number: 1 };

export function commitOf(lease: Lease, from: number, to: number, ...changes: readonly DocumentChange[]): Commit {
  return { build: live, from, to, changes, lease, erasures: 0, progress: { ...noProgress, head: to } };
}

export interface Item {
  readonly key: string;
  readonly cursor: string;
  readonly document: Document;
}

export async function items(reader: ViewReader, query: Partial<ListQuery> = {}): Promise<readonly Item[]> {
  const page = await reader.list(live, { orderBy: [], first: 500, ...query });
  return JSON.parse(page.json) as readonly Item[];
}

export async function keys(reader: ViewReader, query: Partial<ListQuery> = {}): Promise<readonly string[]> {
  return (await items(reader, query)).map(({ key }) => key);
}

/** All keys of a list, page by page. `between` is done after each page. */
export async function paged(
  reader: ViewReader,
  query: ListQuery,
  between: () => Promise<unknown> = async () => undefined,
): Promise<readonly string[]> {
  const seen: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await reader.list(live, after === undefined ? query : { ...query, after });
    const found = JSON.parse(page.json) as readonly Item[];
    seen.push(...found.map(({ key }) => key));
    after = found.at(-1)?.cursor;
    if (!page.hasNext) return seen;
    await between();
  }
}

/** The document has one of these keys. */
export function withKey(...keys: readonly string[]): Where {
  return { kind: 'key', keys };
}

export function is(column: string, op: Extract<Where, { kind: 'is' }>['op'], value: Extract<Where, { kind: 'is' }>['value']): Where {
  return { kind: 'is', column, op, value };
}
