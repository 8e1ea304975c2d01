/** GraphQL types of field types, each made once. */
import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLFieldConfigMap,
  type GraphQLInputFieldConfigMap,
  type GraphQLInputType,
  type GraphQLOutputType,
} from 'graphql';
import { mean, quantile, type Distribution } from '../../kernel/distribution.js';
import { constantCase } from '../../kernel/constant-case.js';
import type { FieldType, Shape } from '../../kernel/field-type.js';
import { fieldsOf, type FieldSpec } from '../../kernel/field.js';
import type { Moneys } from '../../kernel/money.js';
import { columnsOf } from '../../kernel/read-model.js';
import type { ApiContext } from './context.js';
import { DateScalar, DateTimeScalar, LongScalar } from './scalars.js';

export type Fields = GraphQLFieldConfigMap<object, ApiContext>;

export const required = <T extends GraphQLInputType | GraphQLOutputType>(type: T): T => new GraphQLNonNull(type) as unknown as T;

/** All fields in one map. */
export const merged = (fields: readonly Fields[]): Fields => Object.fromEntries(fields.flatMap((each) => Object.entries(each)));

/** `leads` as `Leads`. */
export const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

const Money = new GraphQLObjectType({
  name: 'Money',
  description: 'An amount in minor units (cents) of a currency.',
  fields: {
    amount: { type: new GraphQLNonNull(LongScalar) },
    currency: { type: new GraphQLNonNull(GraphQLString), description: 'ISO 4217.' },
  },
});

const MoneyInputType = new GraphQLInputObjectType({
  name: 'MoneyInput',
  description: 'An amount in minor units (cents) of a currency.',
  fields: {
    amount: { type: new GraphQLNonNull(LongScalar) },
    currency: { type: new GraphQLNonNull(GraphQLString), description: 'ISO 4217.' },
  },
});

const value = (of: (distribution: Distribution) => number | null, description: string) => ({
  type: GraphQLFloat,
  description,
  resolve: of,
});

const DistributionType = new GraphQLObjectType<Distribution>({
  name: 'Distribution',
  description: 'How many values there were, and how they were spread. Quantiles are exact for few values, else right to 1 %.',
  fields: {
    count: { type: new GraphQLNonNull(GraphQLInt) },
    sum: { type: new GraphQLNonNull(GraphQLFloat) },
    mean: value(mean, 'The arithmetic mean; null of nothing.'),
    median: value((distribution) => quantile(distribution, 0.5), 'Half of the values are below it.'),
    p90: value((distribution) => quantile(distribution, 0.9), 'Nine of ten values are below it.'),
  },
});

/** The types of one contract: of each name there can be only one. */
export class TypeRegistry {
  readonly #enums = new Map<string, GraphQLEnumType>();
  readonly #inputs = new Map<string, GraphQLInputObjectType>();
  readonly #objects = new Map<string, GraphQLObjectType>();

  enum(name: string, values: readonly string[], description?: string): GraphQLEnumType {
    const known = this.#enums.get(name);
    if (known) {
      if (
        known
          .getValues()
          .map((each) => String(each.value))
          .join() !== values.join()
      ) {
        throw new TypeError(`Two lists of values are named ${name}.`);
      }
      return known;
    }
    const made = new GraphQLEnumType({
      name,
      description: description ?? null,
      values: Object.fromEntries(values.map((each) => [constantCase(each), { value: each }])),
    });
    this.#enums.set(name, made);
    return made;
  }

  output(type: FieldType): GraphQLOutputType {
    switch (type.kind) {
      case 'id':
      case 'user':
        return GraphQLID;
      case 'text':
        return GraphQLString;
      case 'choice':
        return this.enum(type.name, type.values);
      case 'boolean':
        return GraphQLBoolean;
      case 'int':
        return fits32(type) ? GraphQLInt : LongScalar;
      case 'decimal':
        return GraphQLFloat;
      case 'money':
        return Money;
      case 'moneys':
        return new GraphQLList(new GraphQLNonNull(Money));
      case 'distribution':
        return DistributionType;
      case 'day':
        return DateScalar;
      case 'instant':
        return DateTimeScalar;
      case 'list':
        return new GraphQLList(new GraphQLNonNull(this.output(type.of)));
      case 'nested':
        return this.#object(type.shape());
    }
  }

  input(type: FieldType): GraphQLInputType {
    switch (type.kind) {
      case 'money':
        return MoneyInputType;
      case 'list':
        return new GraphQLList(new GraphQLNonNull(this.input(type.of)));
      case 'nested':
        return this.inputObject(type.shape());
      case 'moneys':
      case 'distribution':
        throw new TypeError(`A ${type.kind} can't be an input.`);
      default:
        return this.output(type) as GraphQLInputType;
    }
  }

  /** The input type of a command or of an object nested in one. */
  inputObject(shape: Shape): GraphQLInputObjectType {
    const name = shape.name.endsWith('Input') ? shape.name : `${shape.name}Input`;
    const known = this.#inputs.get(name);
    if (known) return known;
    const made = new GraphQLInputObjectType({ name, fields: () => this.#inputFields(fieldsOf(shape)) });
    this.#inputs.set(name, made);
    return made;
  }

  #inputFields(fields: readonly FieldSpec[]): GraphQLInputFieldConfigMap {
    return Object.fromEntries(
      fields.map((field) => {
        const type = this.input(field.type);
        return [field.name, { type: field.optional ? type : required(type), description: field.description ?? limits(field.type) ?? null }];
      }),
    );
  }

  #object(shape: Shape): GraphQLObjectType {
    const known = this.#objects.get(shape.name);
    if (known) return known;
    const made = new GraphQLObjectType({
      name: shape.name,
      fields: () =>
        Object.fromEntries(
          columnsOf(shape).map((column) => {
            const type = this.output(column.type);
            return [
              column.name,
              {
                type: column.optional ? type : required(type),
                description: column.description ?? null,
                ...asStored(column.type, column.name),
              },
            ];
          }),
        ) as Fields,
    });
    this.#objects.set(shape.name, made);
    return made;
  }
}

/** Resolvers of kinds whose stored form is not what GraphQL shows. */
export function asStored(type: FieldType, name: string): { resolve?: (from: object) => unknown } {
  if (type.kind !== 'moneys') return {};
  return {
    resolve: (from) =>
      Object.entries(((from as Record<string, unknown>)[name] ?? {}) as Moneys)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([currency, amount]) => ({ currency, amount })),
  };
}

function fits32({ min, max }: { readonly min: number; readonly max: number }): boolean {
  return min >= -2_147_483_648 && max <= 2_147_483_647;
}

/** What a field allows, in words, for the published contract. */
function limits(type: FieldType): string | undefined {
  if (type.kind === 'text') return type.hint ? `${capitalised(type.hint)}.` : `At most ${type.max} characters.`;
  if (type.kind === 'int' && type.max < 2_147_483_647) return `From ${type.min} to ${type.max}.`;
  if (type.kind === 'list') return `At most ${type.max}.`;
  return undefined;
}
