/** Everything in the published contract says what it means. */
import { describe, expect, it } from '@jest/globals';
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import { contractOf } from '../../src/api/contract.js';
import { domain } from '../../src/domain.js';

interface Described {
  readonly name: string;
  readonly description: string | null | undefined;
}

/** A part of the contract, by its path: `Lead.name`, `Query.leads(where)`. */
function partsOf(schema: GraphQLSchema): readonly Described[] {
  const own = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type));
  return own.flatMap((type) => [type, ...membersOf(type)]);
}

function membersOf(type: GraphQLNamedType): readonly Described[] {
  if (isEnumType(type)) return type.getValues().map((value) => within(type, value));
  if (isInputObjectType(type)) return Object.values(type.getFields()).map((field) => within(type, field));
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => {
    const named = within(type, field);
    return [named, ...field.args.map(({ name, description }) => ({ name: `${named.name}(${name})`, description }))];
  });
}

const within = ({ name: owner }: GraphQLNamedType, { name, description }: Described): Described => ({
  name: `${owner}.${name}`,
  description,
});

/** Whether it says nothing that the name does not say, such as "By email." of `email` or "Hot." of `HOT`. */
function isPlaceholder({ name, description }: Described): boolean {
  const letters = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const said = letters((description ?? '').replace(/^(by|the|a|an)\b/i, ''));
  const own = letters(name.replace(/.*[.(]/, ''));
  return said === '' || said === own || /^(todo|tbd|fixme)/.test(said);
}

describe('The contract', () => {
  it('describes every type, field, argument, value and input', () => {
    const parts = partsOf(contractOf(domain, domain.projections));
    expect(parts.length).toBeGreaterThan(1_000);
    expect(
      parts.filter((part) => isPlaceholder(part)).map(({ name, description }) => `${name}: ${description ?? 'no description'}`),
    ).toEqual([]);
  });

  it.each([
    ['Lead.email', undefined, true],
    ['Lead.email', '', true],
    ['Lead.email', 'By email.', true],
    ['Temperature.HOT', 'Hot.', true],
    ['Query.leads(where)', 'The where', true],
    ['Lead.email', 'TODO', true],
    ['Lead.email', 'An e-mail address such as ana@example.com.', false],
  ])('would not pass %s as "%s": %s', (name, description, expected) => {
    expect(isPlaceholder({ name, description })).toBe(expected);
  });
});
