/** The scalars of the contract. */
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { toInstant } from '../../kernel/input.js';
import { patterns } from '../../kernel/field.js';

function refuse(name: string, allowed: string, node?: ValueNode): never {
  throw new GraphQLError(`${name} must be ${allowed}.`, { nodes: node ?? null, extensions: { code: 'BAD_USER_INPUT' } });
}

function scalar(
  name: string,
  description: string,
  allowed: string,
  read: (value: unknown) => unknown,
  write?: (value: unknown) => unknown,
): GraphQLScalarType {
  const parse = (value: unknown, node?: ValueNode): unknown => read(value) ?? refuse(name, allowed, node);
  return new GraphQLScalarType({
    name,
    description,
    parseValue: (value) => parse(value),
    parseLiteral: (node: ValueNode) =>
      parse(node.kind === Kind.STRING ? node.value : node.kind === Kind.INT ? Number(node.value) : undefined, node),
    serialize: write ?? ((value) => value),
  });
}

const safeInteger = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
};

export const DateTimeScalar = scalar(
  'DateTime',
  'An instant, ISO 8601 in UTC with milliseconds: 2018-02-26T19:58:54.000Z. On the way in any zone is taken.',
  'an instant with a zone, on a day that there is, such as 2018-02-26T19:58:54Z',
  (value) => {
    const instant = toInstant(value);
    return typeof instant === 'string' && patterns.instant.test(instant) && !Number.isNaN(Date.parse(instant)) ? instant : undefined;
  },
);

export const DateScalar = scalar('Date', 'A calendar day without a time: 2018-02-26.', 'a day such as 2018-02-26', (value) =>
  typeof value === 'string' && patterns.day.test(value) && new Date(value).toJSON()?.startsWith(value) ? value : undefined,
);

export const LongScalar = scalar(
  'Long',
  'A whole number from -(2^53 - 1) to 2^53 - 1, as a string of digits.',
  'a whole number within 2^53 - 1, as a string of digits',
  safeInteger,
  String,
);

export const PositionScalar = scalar(
  'Position',
  'A place in the order of all events, as a string of digits. It grows, and may have gaps.',
  'a position such as "1042"',
  (value) => {
    const position = safeInteger(value);
    return position !== undefined && position >= 0 ? position : undefined;
  },
  String,
);

export const JsonScalar = new GraphQLScalarType({
  name: 'JSON',
  description: 'Any JSON value: the data of an event, whose shapes are published in contracts/events.schema.json.',
});
