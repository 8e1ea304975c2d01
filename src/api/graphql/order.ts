/** `orderBy`: lists by columns, and by amounts in one currency with the documents in other currencies behind them. */
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { Served } from '../../views/port/builds.js';
import type { ViewReader } from '../../views/port/store.js';
import type { ListQuery, Order, Where } from '../../views/port/query.js';
import { badInput } from './errors.js';
import { isMoney } from './money-arguments.js';

export interface OrderInput {
  readonly field: string;
  readonly direction: boolean;
  readonly currency?: string | null;
}

/** An order in which amounts are of one currency. */
export interface MoneyOrder extends Order {
  readonly currency?: string;
}

/** A document of a list, with its cursor. */
export interface Row {
  readonly cursor: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/** @throws GraphQLError when an order by money comes without a currency, or another with one */
export function checkOrderCurrency({ field, currency }: OrderInput, index: number, money: boolean): void {
  if (money === (currency != null)) return;
  const problem = money
    ? `${field}: name the currency to order by, such as currency: "EUR".`
    : `${field} is not money: it is ordered without a currency.`;
  throw badInput('BAD_USER_INPUT', `orderBy.${index}.currency`, problem);
}

/** Each field once, in the order given. @throws GraphQLError when a field of money comes without a currency, or another with one */
export function toOrder(model: ReadModelSpec, input: readonly OrderInput[] | null | undefined): readonly MoneyOrder[] {
  const seen = new Set<string>();
  return (input ?? []).flatMap((order, index) => {
    const { field, direction, currency } = order;
    checkOrderCurrency(order, index, isMoney(model, field));
    if (seen.has(field)) return [];
    seen.add(field);
    return [{ column: field, descending: direction, ...(currency == null ? {} : { currency }) }];
  });
}

/** What the cursors of documents in other currencies begin with: no cursor of a store has a dot. */
const OTHERS = 'other.';

/**
 * A page of a list. Where it is ordered by amounts in a currency, the documents with an amount in another one are a list of their own at
 * its end, ordered by the other fields: so both are read along indexes.
 * @throws what the view port throws
 */
export async function readPage(
  views: ViewReader,
  build: Served,
  { orderBy, ...query }: Omit<ListQuery, 'orderBy'> & { readonly orderBy: readonly MoneyOrder[] },
): Promise<{ readonly rows: readonly Row[]; readonly hasNext: boolean }> {
  const read = async (asked: ListQuery) => {
    const { json, hasNext } = await views.list(build, asked);
    return { rows: JSON.parse(json) as readonly Row[], hasNext };
  };
  const elsewhere = orderBy.flatMap(({ column, currency }) => (currency === undefined ? [] : [inAnother(column, currency)]));
  if (elsewhere.length === 0) return read({ ...query, orderBy });
  const within = (where: Where): Where => ({ kind: 'and', of: [...(query.where ? [query.where] : []), where] });
  const others: Where = { kind: 'or', of: elsewhere };
  const behind = query.after?.startsWith(OTHERS) ? query.after.slice(OTHERS.length) : undefined;
  const own =
    behind === undefined ? await read({ ...query, where: within({ kind: 'not', of: others }), orderBy }) : { rows: [], hasNext: false };
  if (own.hasNext) return own;
  const { after: _, ...rest } = query;
  const left = query.first - own.rows.length;
  const { rows, hasNext } = await read({
    ...rest,
    where: within(others),
    orderBy: orderBy.filter(({ currency }) => currency === undefined),
    first: Math.max(left, 1),
    ...(behind === undefined ? {} : { after: behind }),
  });
  const shown = rows.slice(0, left).map((row) => ({ ...row, cursor: OTHERS + row.cursor }));
  return { rows: [...own.rows, ...shown], hasNext: hasNext || rows.length > left };
}

/** The amount is there, and in another currency. */
function inAnother(column: string, currency: string): Where {
  return {
    kind: 'and',
    of: [
      { kind: 'is', column, op: 'ne', value: null },
      { kind: 'not', of: { kind: 'currency', column, currency } },
    ],
  };
}
