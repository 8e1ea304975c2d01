/** In which order a summary gives its groups. */
import { GraphQLInputObjectType, GraphQLNonNull } from 'graphql';
import type { Kind } from '../../../contracts/fields/kind.js';
import type { MoneyByCurrency } from '../../kernel/money.js';
import type { ColumnSpec, ReadModelSpec } from '../../kernel/read-model.js';
import type { Scalar, SummaryGroup } from '../../views/port/query.js';
import { enumType } from './enum-type.js';
import { badInput } from './errors.js';
import { SortDirection } from './filters.js';
import { currencyOfOrder } from './money-arguments.js';
import { checkOrderCurrency, type OrderInput } from './order.js';

/** What stands for the number of documents among the fields to order by. */
export const DOCUMENTS = 'documents';

interface Orderable {
  readonly dimensions: readonly ColumnSpec[];
  readonly measures: readonly ColumnSpec[];
  readonly computed: ReadModelSpec['computed'];
}

const isNumber = ({ added }: Kind): boolean => added === 'int' || added === 'decimal';
const isSum = ({ kind: { added } }: Pick<ColumnSpec, 'kind'>): boolean => added === 'money' || added === 'moneyByCurrency';

export function summaryOrder(typeName: string, { dimensions, measures, computed }: Orderable): GraphQLInputObjectType {
  const fields: readonly { readonly name: string; readonly description?: string | undefined }[] = [
    ...dimensions,
    ...measures.filter((column) => isNumber(column.kind) || isSum(column)),
    ...computed.flatMap(({ name, field: { kind, description } }) => (isNumber(kind) ? [{ name, description }] : [])),
  ];
  const field = enumType(`${typeName}SummaryOrderField`, 'What groups can be ordered by. Null comes before everything.', {
    [DOCUMENTS]: 'How many documents are in the group.',
    ...Object.fromEntries(fields.map(({ name, description }) => [name, description ?? `By ${name}.`])),
  });
  return new GraphQLInputObjectType({
    name: `${typeName}SummaryOrder`,
    description: 'What groups are ordered by, and in which direction.',
    fields: {
      field: { type: new GraphQLNonNull(field), description: 'What they are ordered by.' },
      direction: { type: new GraphQLNonNull(SortDirection), defaultValue: false, description: 'Which end comes first.' },
      ...(measures.some(isSum) ? currencyOfOrder : {}),
    },
  });
}

/**
 * The groups in order, ties by the dimensions in the order given.
 * @throws GraphQLError when a sum of money comes without a currency, something else with one, or a dimension that is not grouped by
 */
export function ordered(
  groups: readonly SummaryGroup[],
  orderBy: readonly OrderInput[],
  groupBy: readonly string[],
  { dimensions, measures, computed }: Orderable,
): readonly SummaryGroup[] {
  const terms = orderBy.map((term, index) => {
    const { field, direction, currency } = term;
    const sum = measures.find((measure) => measure.name === field && isSum(measure));
    checkOrderCurrency(term, index, sum !== undefined);
    if (dimensions.some(({ name }) => name === field) && !groupBy.includes(field)) {
      throw badInput('BAD_USER_INPUT', `orderBy.${index}.field`, `${field} can be ordered by where it is grouped by.`);
    }
    const rate = computed.find(({ name }) => name === field);
    const valueOf = (group: SummaryGroup): Scalar => {
      if (field === DOCUMENTS) return group.count;
      if (rate) return (rate.of as (group: object) => Scalar)(group.measures);
      if (sum) return (group.measures[field] as MoneyByCurrency | undefined)?.[currency ?? ''] ?? 0;
      return group.by[field] ?? (group.measures[field] as number | null | undefined) ?? null;
    };
    return { valueOf, descending: direction };
  });
  const ties = groupBy.map((name) => ({ valueOf: ({ by }: SummaryGroup): Scalar => by[name] ?? null, descending: false }));
  const all = [...terms, ...ties];
  return [...groups].sort((a, b) => {
    for (const { valueOf, descending } of all) {
      const order = compare(valueOf(a), valueOf(b));
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
}

/** Null before everything. */
function compare(left: Scalar, right: Scalar): number {
  if (left === right) return 0;
  if (left === null || right === null) return left === null ? -1 : 1;
  return left < right ? -1 : 1;
}
