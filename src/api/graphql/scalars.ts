/** The scalars of the contract. */
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import type { ApiScalar } from '../../../contracts/fields/kind.js';
import { bigInt, dateTime, safeInteger } from '../../../contracts/fields/scalars.js';

const made = new WeakMap<ApiScalar, GraphQLScalarType>();

/** The GraphQL type of a scalar, made once. */
export function scalarOf(scalar: ApiScalar): GraphQLScalarType {
  const type = made.get(scalar) ?? make(scalar);
  made.set(scalar, type);
  return type;
}

function make({ name, description, allowed, specifiedBy, read, write }: ApiScalar): GraphQLScalarType {
  const parse = (value: unknown, node?: ValueNode): unknown => {
    const parsed = read(value);
    if (parsed !== undefined) return parsed;
    throw new GraphQLError(`${name} must be ${allowed}.`, { nodes: node ?? null, extensions: { code: 'BAD_USER_INPUT' } });
  };
  return new GraphQLScalarType({
    name,
    description,
    specifiedByURL: specifiedBy ?? null,
    parseValue: (value) => parse(value),
    parseLiteral: (node: ValueNode) =>
      parse(node.kind === Kind.STRING ? node.value : node.kind === Kind.INT ? Number(node.value) : undefined, node),
    serialize: write ?? ((value) => value),
  });
}

export const BigIntScalar = scalarOf(bigInt);
export const DateTimeScalar = scalarOf(dateTime);

export const PositionScalar = scalarOf({
  name: 'Position',
  description: 'A place in the order of all events, as a string of digits. It grows, and may have gaps.',
  allowed: 'a position such as "1042"',
  read: (value) => {
    const position = safeInteger(value);
    return position !== undefined && position >= 0 ? position : undefined;
  },
  write: String,
});

export const JsonScalar = new GraphQLScalarType({
  name: 'JSON',
  description: 'Any JSON value: the data of an event, whose shapes are published in contracts/events.schema.json.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
});
