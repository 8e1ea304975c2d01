/** The thread that projects: SQLite's calls are synchronous, so folding and writing happen away from the server's own thread. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { projections } from '../../projections/index.js';
import type { Config } from '../config.js';
import { openLog, openViewWriter } from '../engines.js';
import type { ProjectorMessage } from './host.js';
import { Projector } from './projector.js';

const config = workerData as Config;
const stop = new AbortController();
const port = parentPort;
if (!port) throw new TypeError('This file runs as a worker thread.');
const tell = (message: ProjectorMessage): void => port.postMessage(message);
port.once('message', () => stop.abort());

const log = await openLog(config, { readOnly: true });
const views = await openViewWriter(config, {
  onLayoutChanged: ({ name, version }) =>
    tell({
      warning: `${name} has other columns than version ${version} had: it is built again. Raise the version when a document class changes.`,
    }),
});
const projector = new Projector({
  log,
  views,
  projections,
  pageSize: config.projectionPage,
  onProgress: (progress) => tell({ progress }),
  onRetry: (failure) => tell({ warning: `Projecting is tried again: ${failure instanceof Error ? failure.message : String(failure)}` }),
});
await projector.run(stop.signal);
if (!stop.signal.aborted) await once(stop.signal, 'abort');
await views.close();
await log.close();
port.close();
