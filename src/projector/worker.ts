/** The projector's thread: SQLite's calls are synchronous, so folding and writing would block the server's thread. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../kernel/message-of.js';
import { domain } from '../domain.js';
import { openSealed, openViewReader, openViewWriter } from '../engines.js';
import { projectionsOf } from './catalogue.js';
import type { ProjectorMessage, ProjectorTask } from './host.js';
import type { BatchReport } from './options.js';
import { Projector } from './projector.js';
import { projectorSettings } from './settings.js';

/** How often batches are reported, in milliseconds. */
const REPORT_EVERY_MS = 500;

const { config, holder, projections: module } = workerData as ProjectorTask;
const stop = new AbortController();
const port = parentPort;
if (!port) throw new TypeError('This file runs as a worker thread.');
const tell = (message: ProjectorMessage): void => port.postMessage(message);
port.once('message', () => stop.abort());

let batches: BatchReport[] = [];
const telling = setInterval(() => {
  if (batches.length > 0) tell({ batches });
  batches = [];
}, REPORT_EVERY_MS);

const log = await openSealed(config, domain, { readOnly: true });
const views = await openViewWriter(config);
const reader = await openViewReader({ ...config, readerThreads: 0 });
const projector = new Projector({
  log,
  views,
  reader,
  holder,
  projections: await projectionsOf(config, module),
  ...projectorSettings(config),
  onBatch: (batch) => batches.push(batch),
  onStop: (build, error) => tell({ stopped: { build, error } }),
  onRetry: (failure) => tell({ warning: `Projecting is retried: ${messageOf(failure)}` }),
});
await projector.run(stop.signal);
if (!stop.signal.aborted) await once(stop.signal, 'abort');
clearInterval(telling);
await reader.close();
await views.close();
await log.close();
port.close();
