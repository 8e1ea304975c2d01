/** A read model with a column of every kind, one without history, and what tests say about their documents. */
import type { Distribution } from '../../../src/kernel/distribution.js';
import {
  Choice,
  Day,
  Decimal,
  DistributionField,
  Flag,
  Id,
  Instant,
  Int,
  List,
  MoneyField,
  Moneys,
  Text,
  User,
} from '../../../src/kernel/field-type.js';
import type { Moneys as MoneysValue } from '../../../src/kernel/money.js';
import type { Document } from '../../../src/kernel/projection.js';
import { Column, ReadModel, readModelSpec } from '../../../src/kernel/read-model.js';
import { noProgress, type Build } from '../../../src/views/builds.js';
import type { Commit, DocumentChange, Lease, ViewReader } from '../../../src/views/port.js';
import type { ListQuery, Where } from '../../../src/views/query.js';

@ReadModel('deals', { version: 1, duplicates: [['email']] })
class DealDocument {
  @Column(Id) readonly id!: string;
  @Column(Text(200), { filter: true, sort: true, search: true }) readonly name!: string;
  @Column(Choice('DealStage', ['open', 'won', 'lost']), { filter: true, sort: true, dimension: true }) readonly stage!: string;
  @Column(User, { filter: true, dimension: true }) readonly owner!: string;
  @Column(Text(100), { optional: true, filter: true, sort: true, dimension: true }) readonly region!: string | null;
  @Column(Text(254), { optional: true }) readonly email!: string | null;
  @Column(Flag, { optional: true, filter: true, dimension: true }) readonly urgent!: boolean | null;
  @Column(Int(), { optional: true, filter: true, sort: true, measure: true }) readonly score!: number | null;
  @Column(Decimal(), { optional: true, filter: true, sort: true, measure: true }) readonly ratio!: number | null;
  @Column(MoneyField, { optional: true, filter: true, sort: true, measure: true }) readonly amount!: {
    amount: number;
    currency: string;
  } | null;
  @Column(Moneys, { optional: true, measure: true }) readonly paid!: MoneysValue | null;
  @Column(DistributionField, { optional: true, measure: true }) readonly days!: Distribution | null;
  @Column(Day, { optional: true, filter: true, sort: true }) readonly due!: string | null;
  @Column(Instant, { optional: true, filter: true, sort: true }) readonly openedAt!: string | null;
  @Column(List(Text(50), 10), { optional: true, search: true }) readonly tags!: readonly string[] | null;
}

@ReadModel('tallies', { version: 1, history: false })
class TallyDocument {
  @Column(Text(50), { filter: true, sort: true }) readonly name!: string;
  @Column(Int(0), { measure: true }) readonly total!: number;
}

export const deals = readModelSpec(DealDocument);
export const tallies = readModelSpec(TallyDocument);

export type Deal = Partial<{ [Column in keyof DealDocument]: DealDocument[Column] }>;

/** A change of a deal at a position; null removes it. */
export function change(key: string, position: number, deal: Deal | null): DocumentChange {
  return { key, position, document: deal && { id: key, name: key, stage: 'open', owner: 'ana', ...deal } };
}

/** The build of deals that a store for tests begins with. */
export const live: Build = { model: deals, number: 1 };

export function commitOf(lease: Lease, from: number, to: number, ...changes: readonly DocumentChange[]): Commit {
  return { build: live, from, to, changes, lease, progress: { ...noProgress, head: to } };
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

export function is(column: string, op: Extract<Where, { kind: 'is' }>['op'], value: Extract<Where, { kind: 'is' }>['value']): Where {
  return { kind: 'is', column, op, value };
}
