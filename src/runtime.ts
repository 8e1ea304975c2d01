/** Log, commands and process managers wired together: what the server and the command line share. */
import { openLog, openViewReader } from './engines.js';
import type { Config } from './config.js';
import type { EventLog } from './log/port.js';
import { CommandPipeline } from './pipeline/command-pipeline.js';
import { policies } from './policies/index.js';
import { Reactor, type Refusal } from './policies/reactor.js';
import type { ViewReader } from './views/port.js';

export interface Runtime {
  readonly log: EventLog;
  readonly views: ViewReader;
  readonly pipeline: CommandPipeline;
  readonly reactor: Reactor;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  readonly onRefusal: (refusal: Refusal) => void;
}

/**
 * Opens log and views and makes commands run, with what process managers answer to them at once.
 * @throws LogUnavailable, ViewsUnavailable
 */
export async function openRuntime(config: Config, { onRefusal }: RuntimeOptions): Promise<Runtime> {
  const log = await openLog(config);
  try {
    const views = await openViewReader(config);
    const pipeline = new CommandPipeline({ log, cacheSize: config.stateCache });
    const reactor = new Reactor({ pipeline, policies, context: { views }, onRefusal });
    pipeline.react((events) => reactor.react(events));
    return {
      log,
      views,
      pipeline,
      reactor,
      async close() {
        await views.close();
        await log.close();
      },
    };
  } catch (failure) {
    await log.close();
    throw failure;
  }
}
