/** Types of what is never null. */
import { GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString, type GraphQLNullableType } from 'graphql';

export const text = new GraphQLNonNull(GraphQLString);

/** A whole number. */
export const whole = new GraphQLNonNull(GraphQLInt);

/** A list, and none of its entries is null either. */
export function listOf<Type extends GraphQLNullableType>(type: Type): GraphQLNonNull<GraphQLList<GraphQLNonNull<Type>>> {
  return new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type)));
}
