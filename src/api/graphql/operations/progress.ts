/** `projectionProgress`: the builds of read models whenever they change, to watch a rebuild. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphQLString } from 'graphql';
import { MEASURED_MS, rateNow } from '../../../views/serving/progress.js';
import type { ApiContext } from '../context.js';
import { stoppable } from '../live.js';
import { listOf } from '../non-null.js';
import { ReadModelBuild } from './builds.js';
import type { Fields } from '../types.js';

/** The shortest time between two messages, in milliseconds. */
const EVERY_MS = 250;

export function progressField(): Fields[string] {
  return {
    type: listOf(ReadModelBuild),
    description: 'Every build, of all read models or of one: as they are now, and then whenever one changes, a few times a second at most.',
    args: { readModel: { type: GraphQLString, description: 'The name of a read model; all of them when absent.' } },
    subscribe: (_, { readModel }: { readonly readModel?: string | null }, context) => {
      if (readModel != null) context.services.administration.mustBeReadModels([readModel]);
      return stoppable((signal) => follow(context, readModel ?? undefined, signal));
    },
  };
}

/** The latest is told, whatever was in between, so a slow client misses nothing that still holds. */
async function* follow(
  { services: { served, slowClient }, taken }: ApiContext,
  readModel: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<object, void, void> {
  let told = '';
  let wake = (): void => undefined;
  const unwatch = served.onChange(() => wake());
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    while (!signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const builds = served.records.filter(({ name }) => readModel === undefined || name === readModel);
      const rates = builds.map((build) => rateNow(build));
      const text = JSON.stringify([builds, rates]);
      if (text === told) {
        // Nothing changes in the register when nothing comes any more, but the rate.
        await (rates.some((rate) => rate > 0) ? Promise.race([changed, sleep(MEASURED_MS, undefined, { ref: false })]) : changed);
        continue;
      }
      while (!(await taken(slowClient.ms))) if (signal.aborted) return;
      yield { projectionProgress: builds };
      told = text;
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    unwatch();
  }
}
