/** `where` and `orderBy`: input types of a read model's declared columns, and what a caller gave, as the view port asks it. */
import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  type GraphQLError,
  type GraphQLInputType,
} from 'graphql';
import { constantCase } from '../../kernel/constant-case.js';
import type { FieldType } from '../../kernel/field-type.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { Order, Scalar, Where } from '../../views/query.js';
import { badInput, readText } from './errors.js';
import { DateScalar, DateTimeScalar, LongScalar } from './scalars.js';
import { capitalised, type TypeRegistry } from './types.js';

type Operator = 'eq' | 'ne' | 'in' | 'notIn' | 'isNull' | 'lt' | 'lte' | 'gt' | 'gte' | 'startsWith' | 'contains';

const equality: readonly Operator[] = ['eq', 'ne', 'in', 'notIn', 'isNull'];
const order: readonly Operator[] = ['lt', 'lte', 'gt', 'gte'];
const text: readonly Operator[] = ['startsWith', 'contains'];

/** What a caller gives for one column. */
type ColumnFilter = { readonly [Op in Operator]?: unknown };
/** What a caller gives as `where`: columns, and the three connectives. */
export type WhereInput = Readonly<Record<string, unknown>>;

/** The most values that `in` and `notIn` take. */
const MOST_VALUES = 500;

/** The deepest nesting of `and`, `or` and `not`. */
const DEEPEST = 8;

/** The most conditions of one `where`. */
const MOST_CONDITIONS = 200;

const Direction = new GraphQLEnumType({ name: 'Direction', values: { ASC: { value: false }, DESC: { value: true } } });

/** Makes the filter types of columns, shared between read models. */
export class Filters {
  readonly #filters = new Map<string, GraphQLInputObjectType>();

  constructor(private readonly types: TypeRegistry) {}

  where(model: ReadModelSpec, typeName: string): GraphQLInputObjectType {
    const made: GraphQLInputObjectType = new GraphQLInputObjectType({
      name: `${typeName}Where`,
      description: 'All that is given must hold.',
      fields: () => ({
        and: { type: new GraphQLList(new GraphQLNonNull(made)) },
        or: { type: new GraphQLList(new GraphQLNonNull(made)) },
        not: { type: made },
        ...Object.fromEntries(
          model.columns.filter((column) => column.filter).map((column) => [column.name, { type: this.#filter(column.type) }]),
        ),
      }),
    });
    return made;
  }

  order(model: ReadModelSpec, typeName: string): GraphQLInputObjectType | undefined {
    const columns = model.columns.filter((column) => column.sort).map((column) => column.name);
    if (columns.length === 0) return undefined;
    const field = new GraphQLEnumType({
      name: `${typeName}OrderField`,
      values: Object.fromEntries(columns.map((name) => [constantCase(name), { value: name }])),
    });
    return new GraphQLInputObjectType({
      name: `${typeName}Order`,
      fields: { field: { type: new GraphQLNonNull(field) }, direction: { type: new GraphQLNonNull(Direction), defaultValue: false } },
    });
  }

  #filter(type: FieldType): GraphQLInputObjectType {
    const { name, of, operators } = this.#kind(type);
    const known = this.#filters.get(name);
    if (known) return known;
    const list = new GraphQLList(new GraphQLNonNull(of));
    const made = new GraphQLInputObjectType({
      name,
      fields: Object.fromEntries(
        operators.map((operator) => [
          operator,
          { type: operator === 'in' || operator === 'notIn' ? list : operator === 'isNull' ? GraphQLBoolean : of },
        ]),
      ),
    });
    this.#filters.set(name, made);
    return made;
  }

  #kind(type: FieldType): { name: string; of: GraphQLInputType; operators: readonly Operator[] } {
    switch (type.kind) {
      case 'id':
      case 'user':
        return { name: 'IdFilter', of: GraphQLID, operators: equality };
      case 'text':
        return { name: 'TextFilter', of: GraphQLString, operators: [...equality, ...order, ...text] };
      case 'choice':
        return { name: `${type.name}Filter`, of: this.types.enum(type.name, type.values), operators: equality };
      case 'boolean':
        return { name: 'BooleanFilter', of: GraphQLBoolean, operators: ['eq', 'ne', 'isNull'] };
      case 'int':
        return type.max > 2_147_483_647
          ? { name: 'LongFilter', of: LongScalar, operators: [...equality, ...order] }
          : { name: 'IntFilter', of: GraphQLInt, operators: [...equality, ...order] };
      case 'decimal':
        return { name: 'FloatFilter', of: GraphQLFloat, operators: [...equality, ...order] };
      case 'money':
        return { name: 'AmountFilter', of: LongScalar, operators: [...equality, ...order] };
      case 'day':
        return { name: 'DateFilter', of: DateScalar, operators: [...equality, ...order] };
      case 'instant':
        return { name: 'DateTimeFilter', of: DateTimeScalar, operators: [...equality, ...order] };
      default:
        throw new TypeError(`A ${type.kind} can't be filtered.`);
    }
  }
}

/**
 * What a caller gave as `where`, as the view port asks it; undefined when it holds for every document.
 * @throws GraphQLError when it is nested too deeply, or names too many conditions or values.
 */
export function toWhere(input: WhereInput | null | undefined): Where | undefined {
  const where = read(input, 0);
  if (where && conditionsIn(where) > MOST_CONDITIONS) {
    throw badInput('BAD_USER_INPUT', 'where', `where takes at most ${MOST_CONDITIONS} conditions. To ask for one of many values, use in.`);
  }
  return where;
}

function read(input: WhereInput | null | undefined, depth: number): Where | undefined {
  if (!input) return undefined;
  if (depth > DEEPEST) throw badInput('BAD_USER_INPUT', 'where', `where: and, or and not may be nested at most ${DEEPEST} deep.`);
  const all: Where[] = [];
  for (const [name, given] of Object.entries(input)) {
    if (given === null || given === undefined) continue;
    if (name === 'and' || name === 'or') {
      const of = (given as readonly WhereInput[]).map((each) => read(each, depth + 1) ?? everything);
      all.push({ kind: name, of });
    } else if (name === 'not') all.push({ kind: 'not', of: read(given as WhereInput, depth + 1) ?? everything });
    else all.push(...tests(name, given));
  }
  return all.length === 0 ? undefined : all.length === 1 ? all[0] : { kind: 'and', of: all };
}

function conditionsIn(where: Where): number {
  switch (where.kind) {
    case 'and':
    case 'or':
      return where.of.reduce((sum, each) => sum + conditionsIn(each), 1);
    case 'not':
      return conditionsIn(where.of);
    default:
      return 1;
  }
}

const everything: Where = { kind: 'and', of: [] };

function tests(column: string, filter: ColumnFilter): Where[] {
  return Object.entries(filter).flatMap(([op, given]): Where[] => {
    if (given === undefined) return [];
    for (const value of [given].flat()) if (typeof value === 'string') readText(`where.${column}.${op}`, value);
    if (op === 'isNull') return given === null ? [] : [{ kind: 'is', column, op: given ? 'eq' : 'ne', value: null }];
    if (op === 'in' || op === 'notIn') {
      if (given === null) return [];
      const values = given as readonly Scalar[];
      if (values.length > MOST_VALUES) throw refuse(column, op, `takes at most ${MOST_VALUES} values`);
      return [{ kind: op, column, values }];
    }
    if (given === null && op !== 'eq' && op !== 'ne') throw refuse(column, op, 'needs a value; ask for null by isNull');
    return [{ kind: 'is', column, op: op as 'eq', value: given as Scalar }];
  });
}

function refuse(column: string, op: string, why: string): GraphQLError {
  return badInput('BAD_USER_INPUT', `where.${column}.${op}`, `${column}: ${op} ${why}.`);
}

export function toOrder(input: readonly { readonly field: string; readonly direction: boolean }[] | null | undefined): readonly Order[] {
  const seen = new Set<string>();
  return (input ?? []).flatMap(({ field, direction }) => {
    if (seen.has(field)) return [];
    seen.add(field);
    return [{ column: field, descending: direction }];
  });
}

/** The name of a read model's documents in the contract: `Lead` of `leads`. */
export function typeNameOf(model: ReadModelSpec): string {
  return capitalised(model.one ?? model.name);
}
