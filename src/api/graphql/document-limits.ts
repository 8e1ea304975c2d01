/** What a document may ask for, over HTTP and websocket alike: its size, depth and cost. docs/api.md lists the limits. */
import type { ApolloDriverConfig } from '@nestjs/apollo';
import { ApolloArmor } from '@escape.tech/graphql-armor';
import {
  GraphQLError,
  Kind,
  NoSchemaIntrospectionCustomRule,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type ParseOptions,
  type SelectionSetNode,
  type ValidationContext,
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
      validationRules: [oneRootField, ...validationRules],
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
      // First alone: a rule of GraphQL.js throws where a variable decides whether a subscription has a field.
      const conditional = validate(schema, document, [oneRootField]);
      const errors = conditional.length > 0 ? conditional : validate(schema, document, rules, { hideSuggestions: !introspection });
      return errors.length > 0 ? errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')) : document;
    },
  };
}

/**
 * A subscription has one field whatever the variables: `@skip` and `@include` beside it are refused, as GraphQL's edition of September
 * 2025 has it (Single Root Field). GraphQL.js executes a subscription without a field to a fault of the program.
 */
function oneRootField(context: ValidationContext): ReturnType<ValidationRule> {
  const refuse = (set: SelectionSetNode | undefined, seen: Set<string>): void => {
    for (const selection of set?.selections ?? []) {
      const conditional = selection.directives?.find(({ name }) => name.value === 'skip' || name.value === 'include');
      if (conditional) {
        const message = `@${conditional.name.value} can't be used on the field of a subscription: leave it out, or subscribe to it.`;
        context.reportError(new GraphQLError(message, { nodes: conditional }));
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) refuse(selection.selectionSet, seen);
      else if (selection.kind === Kind.FRAGMENT_SPREAD && !seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        refuse(context.getFragment(selection.name.value)?.selectionSet, seen);
      }
    }
  };
  return {
    OperationDefinition({ operation, selectionSet }) {
      if (operation === OperationTypeNode.SUBSCRIPTION) refuse(selectionSet, new Set());
    },
  };
}

/** The error with the code that Apollo Server gives it, which armor's own does not keep to. */
function coded({ message, nodes, source, positions, extensions }: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(message, {
    ...(nodes ? { nodes } : {}),
    ...(source ? { source } : {}),
    ...(positions ? { positions } : {}),
    extensions: { ...extensions, code },
  });
}
