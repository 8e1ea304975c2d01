/** The thread that verifies for a server: it reads and compares all documents, which would block the server's thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../kernel/message-of.js';
import type { Config } from '../config.js';
import { verifyIsolated } from './isolated-verification.js';
import type { Verification } from './verification.js';

export interface VerifyTask {
  readonly config: Config;
  readonly readModels: readonly string[];
  readonly unprojected: readonly string[];
  readonly projections?: string;
}

export type VerifyMessage =
  | { readonly step: 'build' | 'compare'; readonly done: number; readonly total: number }
  | { readonly verifications: readonly Verification[] }
  | { readonly failure: string };

const port = parentPort;
if (!port) throw new TypeError('This file runs as a worker thread.');
const tell = (message: VerifyMessage): void => port.postMessage(message);
const stop = new AbortController();
port.once('message', () => stop.abort());

try {
  const verifications = await verifyIsolated({
    ...(workerData as VerifyTask),
    signal: stop.signal,
    onProgress: (step, done, total) => tell({ step, done, total }),
  });
  tell({ verifications });
} catch (failure) {
  tell({ failure: messageOf(failure) });
}
port.close();
