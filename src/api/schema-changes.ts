/** The differences between two GraphQL schemas, classified as breaking, dangerous or safe for clients. */
import {
  findBreakingChanges,
  findDangerousChanges,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';

export interface SchemaChanges {
  /** Valid requests are refused, or responses lack fields. */
  readonly breaking: readonly string[];
  /** Requests stay valid, but responses may have unexpected values. */
  readonly dangerous: readonly string[];
  readonly safe: readonly string[];
}

export function schemaChanges(before: GraphQLSchema, after: GraphQLSchema): SchemaChanges {
  return {
    breaking: [...findBreakingChanges(before, after).map(({ description }) => description), ...becameOneOf(before, after)],
    dangerous: findDangerousChanges(before, after).map(({ description }) => description),
    safe: additions(before, after),
  };
}

/** graphql-js does not report this, although an input with several fields, or with null, is now refused. */
function becameOneOf(before: GraphQLSchema, after: GraphQLSchema): readonly string[] {
  return Object.values(after.getTypeMap()).flatMap((type) => {
    const old = before.getType(type.name);
    if (!isInputObjectType(type) || !isInputObjectType(old) || old.isOneOf || !type.isOneOf) return [];
    return [`${type.name} became @oneOf: it takes exactly one of its fields.`];
  });
}

function additions(before: GraphQLSchema, after: GraphQLSchema): readonly string[] {
  return Object.values(after.getTypeMap()).flatMap((type) => {
    const old = before.getType(type.name);
    if (!old) return [`${type.name} was added.`];
    const known = new Set(fieldNames(old));
    return fieldNames(type).flatMap((name) => (known.has(name) ? [] : [`${type.name}.${name} was added.`]));
  });
}

function fieldNames(type: GraphQLNamedType): readonly string[] {
  return isObjectType(type) || isInterfaceType(type) ? Object.keys(type.getFields()) : [];
}
