/** A subscription as GraphQL executes it: one answer for each thing that its source tells, until either side ends it. */
import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult, type GraphQLError } from 'graphql';
import type { ApiContext } from '../graphql/context.js';
import { endable } from '../graphql/live.js';

/** The source failed, so the subscription ends; `cause` is what happened. */
export class SourceFailed extends Error {
  override readonly name = 'SourceFailed';
}

export type LiveAnswers = AsyncGenerator<ExecutionResult, void, void>;

/**
 * Begins a subscription on the schema and document given, which it keeps to its end. Iterating throws SourceFailed.
 * GraphQL's own `subscribe` gives all answers one context, in which records once loaded would stay as they were: each answer has its own.
 * @returns the errors that keep it from beginning, such as arguments that are not allowed
 */
export async function liveAnswers(
  args: ExecutionArgs & { readonly contextValue: ApiContext },
): Promise<LiveAnswers | readonly GraphQLError[]> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source.errors ?? [];
  const told = source[Symbol.asyncIterator]();
  return endable<ExecutionResult>(
    async () => {
      const event = await told.next().catch((cause: unknown): never => {
        throw new SourceFailed('The source of a subscription failed.', { cause });
      });
      if (event.done) return { done: true, value: undefined };
      const rootValue: unknown = event.value;
      return { done: false, value: await execute({ ...args, rootValue, contextValue: args.contextValue.again() }) };
    },
    async () => told.return?.(),
  );
}
