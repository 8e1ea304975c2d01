/** GraphQL types of kinds of fields, each made once. */
import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLEnumType,
  type GraphQLFieldConfigMap,
  type GraphQLInputFieldConfigMap,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLScalarType,
} from 'graphql';
import type { AnyFields as FieldsByName, ApiType, Kind } from '../../../contracts/fields/kind.js';
import type { ApiContext } from './context.js';
import { DistributionType } from './distribution-type.js';
import { enumType } from './enum-type.js';
import { scalarOf } from './scalars.js';
import { checkFieldNames } from './type-names.js';
import { canBeWithheld } from './withheld.js';

export type Fields = GraphQLFieldConfigMap<object, ApiContext>;

export const required = <T extends GraphQLInputType | GraphQLOutputType>(type: T): T => new GraphQLNonNull(type) as unknown as T;

/** All fields in one map. */
export const merged = (fields: readonly Fields[]): Fields => Object.fromEntries(fields.flatMap((each) => Object.entries(each)));

const namedTypes: Readonly<Record<string, GraphQLScalarType | GraphQLObjectType>> = {
  ID: GraphQLID,
  String: GraphQLString,
  Int: GraphQLInt,
  Float: GraphQLFloat,
  Boolean: GraphQLBoolean,
  Distribution: DistributionType,
};

/** A type is declared once: the same object is meant wherever it is used. */
interface Made<Type extends GraphQLNamedType> {
  readonly type: Type;
  readonly of: unknown;
}

/** The types of one contract: of each name there can be only one. */
export class TypeRegistry {
  readonly #enums = new Map<string, GraphQLEnumType>();
  readonly #inputs = new Map<string, Made<GraphQLInputObjectType>>();
  readonly #objects = new Map<string, Made<GraphQLObjectType<object, ApiContext>>>();

  /**
   * @param meanings what each value means
   * @throws TypeError when other values have the same name
   */
  enum(name: string, values: readonly string[], description: string, meanings: Readonly<Record<string, string>> = {}): GraphQLEnumType {
    const known = this.#enums.get(name);
    if (known) {
      const before = known.getValues().map(({ value }) => String(value));
      if (before.join('\0') !== values.join('\0')) throw new TypeError(`Two lists of values are named ${name}.`);
      return known;
    }
    const made = enumType(name, description, Object.fromEntries(values.map((value) => [value, meanings[value]])));
    this.#enums.set(name, made);
    return made;
  }

  output({ api }: Kind): GraphQLOutputType {
    return this.#output(api);
  }

  /** @throws TypeError when the kind is computed by read models */
  input(kind: Kind): GraphQLInputType {
    if (!kind.input) throw new TypeError(`A ${kind.name} can't be an input.`);
    return this.#input(kind.api);
  }

  /** The type of an input object. @param isOneOf whether it takes exactly one of its fields, all of which are optional */
  inputObject(name: string, description: string, fields: FieldsByName, isOneOf = false): GraphQLInputObjectType {
    return made(
      this.#inputs,
      name,
      fields,
      () => new GraphQLInputObjectType({ name, description, isOneOf, fields: () => this.#inputFields(fields) }),
    );
  }

  #output(api: ApiType): GraphQLOutputType {
    if ('named' in api) return namedType(api.named);
    if ('scalar' in api) return scalarOf(api.scalar);
    if ('enum' in api) return this.enum(api.enum, api.values, api.description, api.meanings);
    if ('list' in api) return new GraphQLList(new GraphQLNonNull(this.#output(api.list)));
    if ('object' in api) return this.#object(api.object, api.description, api.fields);
    throw new TypeError(`${api.oneOf} can be an input only.`);
  }

  #input(api: ApiType): GraphQLInputType {
    if ('list' in api) return new GraphQLList(new GraphQLNonNull(this.#input(api.list)));
    if ('object' in api) return this.inputObject(`${api.object}Input`, api.description, api.fields);
    if ('oneOf' in api) return this.inputObject(`${api.oneOf}Input`, api.description, api.fields, true);
    return this.#output(api) as GraphQLInputType;
  }

  #inputFields(fields: FieldsByName): GraphQLInputFieldConfigMap {
    return Object.fromEntries(
      Object.entries(fields).map(([name, field]) => {
        const type = this.input(field.kind);
        return [name, { type: field.absence === 'required' ? required(type) : type, description: describe(field) }];
      }),
    );
  }

  #object(name: string, description: string, fields: FieldsByName): GraphQLObjectType {
    return made(this.#objects, name, fields, () => {
      checkFieldNames(name, Object.keys(fields));
      return new GraphQLObjectType<object, ApiContext>({
        name,
        description,
        fields: () =>
          Object.fromEntries(
            Object.entries(fields).map(([key, field]) => {
              const type = this.output(field.kind);
              const nullable = field.absence === 'optional' || canBeWithheld(field);
              const shown = nullable ? type : required(type);
              return [key, { type: shown, description: describe(field), ...showing(field.kind, key) }];
            }),
          ) as Fields,
      });
    });
  }
}

function namedType(name: string): GraphQLScalarType | GraphQLObjectType {
  const type = namedTypes[name];
  if (!type) throw new TypeError(`There is no GraphQL type ${name}.`);
  return type;
}

/** @throws TypeError when something else has the same name */
function made<Type extends GraphQLNamedType>(known: Map<string, Made<Type>>, name: string, of: unknown, make: () => Type): Type {
  const before = known.get(name);
  if (before && before.of !== of) throw new TypeError(`Two types are named ${name}.`);
  const type = before?.type ?? make();
  if (!before) known.set(name, { type, of });
  return type;
}

/** What a field means, and what it allows. */
export function describe({ description, kind }: { readonly description?: string | undefined; readonly kind: Kind }): string | null {
  return description ?? kind.allowed ?? ('enum' in kind.api ? kind.api.description : null);
}

/** Resolvers of kinds whose stored form is not what GraphQL shows. */
export function showing({ show }: Kind, name: string): { resolve?: (from: object) => unknown } {
  if (!show) return {};
  const shown = show as (value: unknown) => unknown;
  return {
    resolve: (from) => {
      const value = (from as Readonly<Record<string, unknown>>)[name] ?? null;
      return value === null ? null : shown(value);
    },
  };
}
