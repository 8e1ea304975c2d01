/** Executes a subscription: one response for each event of its source, until either side ends it. */
import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult, type GraphQLError } from 'graphql';
import type { ApiContext } from '../graphql/context.js';
import { endable } from '../graphql/live.js';

/** The source of a subscription failed, which ends it; see `cause`. */
export class SourceFailed extends Error {
  override readonly name = 'SourceFailed';
}

export type LiveAnswers = AsyncGenerator<ExecutionResult, void, void>;

/**
 * Starts a subscription, which keeps its schema and document to its end. Iteration throws SourceFailed.
 * GraphQL's own `subscribe` shares one context among all responses, whose cached records would become stale: here each has its own.
 * @returns the errors when it can't start, such as invalid arguments
 */
export async function liveAnswers(
  args: ExecutionArgs & { readonly contextValue: ApiContext },
): Promise<LiveAnswers | readonly GraphQLError[]> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source.errors ?? [];
  const events = source[Symbol.asyncIterator]();
  return endable<ExecutionResult>(
    async () => {
      const event = await events.next().catch((cause: unknown): never => {
        throw new SourceFailed('The source of a subscription failed.', { cause });
      });
      if (event.done) return { done: true, value: undefined };
      const rootValue: unknown = event.value;
      return { done: false, value: await execute({ ...args, rootValue, contextValue: args.contextValue.again() }) };
    },
    async () => events.return?.(),
  );
}
