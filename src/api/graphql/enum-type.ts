import { GraphQLEnumType } from 'graphql';
import { constantCase } from '../../kernel/constant-case.js';

/** An enum of values in the words of the contract. @param meanings what each value means, in the order of the contract */
export function enumType<Value extends string>(
  name: string,
  description: string,
  meanings: Readonly<Record<Value, string | null | undefined>>,
): GraphQLEnumType {
  const values = Object.entries<string | null | undefined>(meanings);
  return new GraphQLEnumType({
    name,
    description,
    values: Object.fromEntries(values.map(([value, meaning]) => [constantCase(value), { value, description: meaning }])),
  });
}
