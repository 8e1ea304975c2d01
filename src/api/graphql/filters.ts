/** The input types of `where` and `orderBy`, made of a read model's declared columns. */
import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLInputObjectType,
  GraphQLList,
  GraphQLNonNull,
  isNamedType,
  type GraphQLInputFieldConfigMap,
  type GraphQLInputType,
} from 'graphql';
import { Id } from '../../../contracts/fields/index.js';
import type { Kind } from '../../../contracts/fields/kind.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { Operator } from './column-conditions.js';
import { enumType } from './enum-type.js';
import { currencyOfFilter, currencyOfOrder } from './money-arguments.js';
import type { Relations } from './relations.js';
import { BigIntScalar } from './scalars.js';
import { typeNameOf } from './type-names.js';
import { describe, type TypeRegistry } from './types.js';

const meanings: Readonly<Record<Operator, string>> = {
  eq: 'Equal to this. Text is compared as it stands.',
  ne: 'Not equal to this, or null.',
  in: 'Equal to one of these, at most 500.',
  notIn: 'Equal to none of these, or null.',
  isNull: 'Whether it is null.',
  lt: 'Less than this. Text is compared without case and accents.',
  lte: 'Less than this or equal to it. Text is compared without case and accents.',
  gt: 'Greater than this. Text is compared without case and accents.',
  gte: 'Greater than this or equal to it. Text is compared without case and accents.',
  startsWith: 'Begins with this, without case and accents.',
  contains: 'Contains this, without case and accents.',
};

const equality: readonly Operator[] = ['eq', 'ne', 'in', 'notIn', 'isNull'];
const order: readonly Operator[] = ['lt', 'lte', 'gt', 'gte'];
const text: readonly Operator[] = ['startsWith', 'contains'];

/** Its values say whether it descends. */
export const SortDirection = new GraphQLEnumType({
  name: 'SortDirection',
  description: 'Which end comes first.',
  values: { ASC: { value: false, description: 'The lowest first.' }, DESC: { value: true, description: 'The highest first.' } },
});

/** Makes the filter types of columns, shared between read models. */
export class Filters {
  readonly #filters = new Map<string, GraphQLInputObjectType>();
  /** The types of `where` and `orderBy`, by name. */
  readonly #made = new Map<string, GraphQLInputObjectType>();

  constructor(
    private readonly types: TypeRegistry,
    private readonly relations: Relations,
  ) {}

  /** Conditions on the documents of a read model, and on the records that they refer to. */
  where(model: ReadModelSpec): GraphQLInputObjectType {
    return this.#where(`${typeNameOf(model)}Where`, 'What the entries of a list must match. All that is given must hold.', () => ({
      ...this.#columns(model),
      ...this.#related(model),
    }));
  }

  /** Conditions on the documents of a read model alone: on one document as it changes, or on records that others refer to. */
  conditions(model: ReadModelSpec): GraphQLInputObjectType {
    const name = typeNameOf(model);
    return this.#where(`${name}Conditions`, `Conditions on the fields of one ${name}. All that is given must hold.`, () =>
      this.#columns(model),
    );
  }

  #where(name: string, description: string, fields: () => GraphQLInputFieldConfigMap): GraphQLInputObjectType {
    const known = this.#made.get(name);
    if (known) return known;
    const made: GraphQLInputObjectType = new GraphQLInputObjectType({
      name,
      description,
      fields: () => ({
        and: { type: new GraphQLList(new GraphQLNonNull(made)), description: 'All of these hold.' },
        or: { type: new GraphQLList(new GraphQLNonNull(made)), description: 'At least one of these holds.' },
        not: { type: made, description: 'This does not hold.' },
        ...fields(),
      }),
    });
    this.#made.set(name, made);
    return made;
  }

  /** The id, which every list is found by, and the columns that are declared for it. */
  #columns(model: ReadModelSpec): GraphQLInputFieldConfigMap {
    const columns = model.columns.filter(({ name, filter }) => filter || name === 'id');
    return Object.fromEntries(
      columns.map((column) => [
        column.name,
        { type: this.#filter(column.name === 'id' ? Id.kind : column.kind), description: describe(column) },
      ]),
    );
  }

  #related(model: ReadModelSpec): GraphQLInputFieldConfigMap {
    return Object.fromEntries(
      this.relations.from(model).map(({ name, column, target }) => [
        name,
        {
          type: this.conditions(target),
          description: `Conditions on the ${typeNameOf(target)} with the id in ${column}. At most 10,000 of them may match.`,
        },
      ]),
    );
  }

  order(model: ReadModelSpec): GraphQLInputObjectType | undefined {
    const name = `${typeNameOf(model)}Order`;
    const known = this.#made.get(name);
    if (known) return known;
    const columns = model.columns.filter((column) => column.sort);
    if (columns.length === 0) return undefined;
    const field = enumType(
      `${name}Field`,
      'What a list can be ordered by. Text is ordered without case and accents; null comes before everything.',
      Object.fromEntries(columns.map((column) => [column.name, describe(column)])),
    );
    const made = new GraphQLInputObjectType({
      name,
      description: 'What a list is ordered by, and in which direction.',
      fields: {
        field: { type: new GraphQLNonNull(field), description: 'What it is ordered by.' },
        direction: { type: new GraphQLNonNull(SortDirection), defaultValue: false, description: 'Which end comes first.' },
        ...(columns.some(({ kind }) => kind.compared === 'money') ? currencyOfOrder : {}),
      },
    });
    this.#made.set(name, made);
    return made;
  }

  #filter(kind: Kind): GraphQLInputObjectType {
    const { name, of, operators } = this.#operators(kind);
    const known = this.#filters.get(name);
    if (known) return known;
    const list = new GraphQLList(new GraphQLNonNull(of));
    const made = new GraphQLInputObjectType({
      name,
      description: 'All that is given must hold.',
      fields: {
        ...(kind.compared === 'money' ? currencyOfFilter : {}),
        ...Object.fromEntries(
          operators.map((operator) => [
            operator,
            {
              type: operator === 'in' || operator === 'notIn' ? list : operator === 'isNull' ? GraphQLBoolean : of,
              description: meanings[operator],
            },
          ]),
        ),
      },
    });
    this.#filters.set(name, made);
    return made;
  }

  /** @throws TypeError when stores can't compare it */
  #operators(kind: Kind): { readonly name: string; readonly of: GraphQLInputType; readonly operators: readonly Operator[] } {
    if (kind.compared === 'money') return { name: 'MoneyFilter', of: BigIntScalar, operators: [...equality, ...order] };
    const of = this.types.input(kind);
    if (!isNamedType(of) || kind.compared === undefined) throw new TypeError(`A ${kind.name} can't be filtered.`);
    const name = `${{ ID: 'Id', String: 'Text' }[of.name] ?? of.name}Filter`;
    switch (kind.compared) {
      case 'text':
        return { name, of, operators: [...equality, ...order, ...text] };
      case 'boolean':
        return { name, of, operators: ['eq', 'ne', 'isNull'] };
      case 'exact':
        return { name, of, operators: 'scalar' in kind.api ? [...equality, ...order] : equality };
      default:
        return { name, of, operators: [...equality, ...order] };
    }
  }
}
