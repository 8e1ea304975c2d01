/** Which columns of a read model an engine keeps beside the documents, to compare, order, group and add up by them, and under which indexes. */
import type { Comparison } from '../../../contracts/fields/kind.js';
import type { ColumnSpec, ReadModelSpec } from '../../kernel/read-model.js';
import type { Cuts, Scalar } from '../port/query.js';

export interface ComparedColumn {
  readonly spec: ColumnSpec;
  readonly kind: Comparison;
  /** Filters on it narrow down what is found otherwise. */
  readonly fewValues: boolean;
}

/** @throws TypeError when a column that must be compared is of a kind that can't be */
export function comparedColumns(model: ReadModelSpec): readonly ComparedColumn[] {
  const inDuplicates = new Set(model.duplicates.flat());
  return model.columns.flatMap((spec): readonly ComparedColumn[] => {
    const { compared, added, name } = spec.kind;
    const asked = spec.filter || spec.sort || spec.dimension || inDuplicates.has(spec.name);
    // Sketches and sums by currency are added up from the document itself.
    if (!asked && (!spec.measure || added === 'moneyByCurrency' || added === 'distribution')) return [];
    if (!compared) throw new TypeError(`${model.name}.${spec.name}: a ${name} can't be filtered, sorted or grouped by.`);
    return [{ spec, kind: compared, fewValues: hasFewValues(spec) }];
  });
}

/** A column with few values, such as a status or a stage: lists of one of them are sorted by another column, so it never leads the search. */
function hasFewValues({ filter, dimension, kind }: ColumnSpec): boolean {
  return filter && (dimension || 'enum' in kind.api || kind.compared === 'boolean');
}

/**
 * One index for each sort column, which includes the columns of few values: a list filtered by those scans the index in order, and skips other
 * entries without reading their rows. One index for each other filter column. Not one for each pair, since every change writes every index.
 */
export function indexedColumns<Column extends ComparedColumn>(
  model: ReadModelSpec,
  columns: readonly Column[],
): readonly (readonly Column[])[] {
  const inDuplicates = new Set(model.duplicates.flat());
  const few = columns.filter(({ fewValues }) => fewValues);
  const sorted = columns.filter(({ spec }) => spec.sort);
  const others = columns.filter(({ spec, fewValues }) => !spec.sort && !fewValues && (spec.filter || inDuplicates.has(spec.name)));
  const walked = sorted.map((first) => [first, ...few.filter((column) => column !== first)]);
  return [...walked, ...others.map((column) => [column])];
}

/** Money that lists are ordered by is a filter too: the amounts in one currency come first. @throws TypeError when the column is not declared for filters */
export function filterColumn<Column extends ComparedColumn>(
  model: ReadModelSpec,
  columns: ReadonlyMap<string, Column>,
  name: string,
): Column {
  const column = columns.get(name);
  const ordersMoney = column?.kind === 'money' && column.spec.sort;
  if (column && (column.spec.filter || ordersMoney || model.duplicates.some((set) => set.includes(name)))) return column;
  throw undeclared(model, name, 'filter');
}

/** @throws TypeError when the column is not declared for orders. */
export function sortColumn<Column extends ComparedColumn>(
  model: ReadModelSpec,
  columns: ReadonlyMap<string, Column>,
  name: string,
): Column {
  const column = columns.get(name);
  if (!column?.spec.sort) throw undeclared(model, name, 'sort');
  return column;
}

/** @throws TypeError when summaries can't group by the column. */
export function dimensionColumn<Column extends ComparedColumn>(
  model: ReadModelSpec,
  columns: ReadonlyMap<string, Column>,
  name: string,
  cuts: Cuts = {},
): Column {
  const column = columns.get(name);
  if (cuts[name]) {
    if (!column?.spec.kind.cut || !(column.spec.filter || column.spec.dimension)) throw undeclared(model, name, 'filter');
    return column;
  }
  if (!column?.spec.dimension || column.kind === 'money') throw undeclared(model, name, 'dimension');
  return column;
}

/** What engines keep the currency of a money column in. @throws TypeError when the column is not money */
export function currencyColumn<Stored>({ spec, currency }: ComparedColumn & { readonly currency?: Stored }): Stored {
  if (currency === undefined) throw new TypeError(`${spec.name} is not money: it has no currency.`);
  return currency;
}

export function undeclared({ name: model }: ReadModelSpec, column: string, flag: string): TypeError {
  return new TypeError(`${model}.${column} is not declared with \`${flag}\`.`);
}

const expected = { int: 'number', decimal: 'number', money: 'number', boolean: 'boolean' } as const;

/** The value as engines store it: a boolean as 0 or 1. @throws TypeError when it is not of the column's type. */
export function comparable({ spec, kind }: ComparedColumn, value: Exclude<Scalar, null>): string | number {
  const type = kind in expected ? expected[kind as keyof typeof expected] : 'string';
  if (typeof value !== type || (typeof value === 'number' && Number.isNaN(value))) {
    throw new TypeError(`${spec.name} is compared with a ${type}, not with a ${typeof value}.`);
  }
  return typeof value === 'boolean' ? Number(value) : value;
}

/** The currency of an amount of money; null where there is no amount. @throws TypeError when it is not text */
export function currencyOf({ spec }: ComparedColumn, value: unknown): string | null {
  const currency = (value as { readonly currency?: unknown } | null | undefined)?.currency ?? null;
  if (currency === null || typeof currency === 'string') return currency;
  throw new TypeError(`${spec.name} has a currency of type ${typeof currency}; expected its code.`);
}

/** The first text, by code points, after all texts with this prefix; undefined when there is none. */
export function afterPrefix(start: string): string | undefined {
  const points = Array.from(start, (character) => character.codePointAt(0) ?? 0);
  while (points.length > 0) {
    const last = points.pop() ?? 0;
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}
