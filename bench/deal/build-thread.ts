/** A thread that builds read models, with the memory limit of the server's projector. It answers each task with its duration in seconds. */
import { parentPort } from 'node:worker_threads';
import { timed } from '../measure.js';
import type { BuildTask } from './builds.js';
import { dealDefinitions } from './contract.js';
import { projectionSets } from './read-models.js';
import { loadConfig } from '../../src/config.js';
import { openLog, openViewReader, openViewWriter } from '../../src/engines.js';
import { Projector } from '../../src/projector/projector.js';

parentPort?.on('message', (task: BuildTask) => {
  void build(task).then((seconds) => parentPort?.postMessage(seconds));
});

async function build({ logDir, dataDir, set, beside }: BuildTask): Promise<number> {
  const projections = projectionSets[set];
  const log = await openLog({ dataDir: logDir }, { readOnly: true });
  const views = await openViewWriter({ dataDir });
  const reader = await openViewReader({ dataDir, readerThreads: 0 });
  const { projectionPage } = loadConfig({}, { dataDir });
  const projector = new Projector({ log, views, reader, projections, definitions: dealDefinitions, pageSize: projectionPage });

  const { seconds } = await timed(async () => {
    if (beside) for (const { model } of projections) await views.begin(model);
    await projector.catchUp();
  });

  await reader.close();
  await views.close();
  await log.close();
  return seconds;
}
