/** What a document may ask for, over HTTP and websocket alike: its size, depth and cost. docs/api.md lists the limits. */
import type { ApolloDriverConfig } from '@nestjs/apollo';
import { ApolloArmor } from '@escape.tech/graphql-armor';
import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type ParseOptions,
  type ValidationRule,
} from 'graphql';

const limits = { tokens: 2_000, depth: 12, aliases: 30, directives: 30, cost: 100_000 } as const;

const parseOptions: ParseOptions = { maxLexicalTokens: limits.tokens };

export interface DocumentLimits {
  /** What Apollo Server is given to hold them. */
  readonly apollo: Pick<
    ApolloDriverConfig,
    'validationRules' | 'parseOptions' | 'allowBatchedHttpRequests' | 'includeStacktraceInErrorResponses'
  > & {
    readonly plugins: NonNullable<ApolloDriverConfig['plugins']>;
  };
  /** The document of a text that Apollo Server doesn't see, or what is wrong with it, each error with its code. */
  check(schema: GraphQLSchema, text: string): DocumentNode | readonly GraphQLError[];
}

/** @param introspection whether the schema is told to clients, in answers and in suggestions */
export function documentLimits(introspection: boolean): DocumentLimits {
  const { plugins, validationRules, ...rest } = new ApolloArmor({
    // The parser counts tokens itself; armor would parse every request twice.
    maxTokens: { enabled: false },
    maxDepth: { n: limits.depth },
    maxAliases: { n: limits.aliases },
    maxDirectives: { n: limits.directives },
    costLimit: { maxCost: limits.cost },
    blockFieldSuggestion: { enabled: !introspection },
  }).protect();
  const rules: readonly ValidationRule[] = [
    ...specifiedRules,
    ...(introspection ? [] : [NoSchemaIntrospectionCustomRule]),
    ...(validationRules as readonly ValidationRule[]),
  ];
  return {
    apollo: {
      ...rest,
      validationRules,
      parseOptions,
      // The same plugins: armor's types come from Apollo's CommonJS build, Nest's from the other.
      plugins: plugins as unknown as NonNullable<ApolloDriverConfig['plugins']>,
    },
    check(schema, text) {
      let document: DocumentNode;
      try {
        document = parse(text, parseOptions);
      } catch (failure) {
        if (failure instanceof GraphQLError) return [coded(failure, 'GRAPHQL_PARSE_FAILED')];
        throw failure;
      }
      const errors = validate(schema, document, rules, { hideSuggestions: !introspection });
      return errors.length > 0 ? errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')) : document;
    },
  };
}

/** The error with a code, unless it has one. */
function coded({ message, nodes, source, positions, extensions }: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(message, {
    ...(nodes ? { nodes } : {}),
    ...(source ? { source } : {}),
    ...(positions ? { positions } : {}),
    extensions: { code, ...extensions },
  });
}
