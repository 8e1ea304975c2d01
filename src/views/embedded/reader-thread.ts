/** A reader thread: answers queries one after the other from a connection of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { asError } from '../../kernel/as-error.js';
import { openDatabase } from '../../sqlite/database.js';
import { DatabaseUnavailable } from '../../sqlite/unavailable.js';
import { viewsFile } from './file.js';
import { answer } from './query.js';
import type { Asked, Told } from './reader-threads.js';

const { file } = workerData as { readonly file: string };
const database = openDatabase(viewsFile, { file, readOnly: true });

parentPort?.on('message', (asked: Asked | 'close') => {
  if (asked === 'close') {
    database.close();
    parentPort?.close();
    return;
  }
  parentPort?.postMessage(tell(asked));
});

function tell({ id, query }: Asked): Told {
  try {
    return { id, answer: database.attempt(() => answer(database, query)) };
  } catch (error) {
    const { name, message } = asError(error);
    return { id, failure: error instanceof DatabaseUnavailable ? 'unavailable' : name === 'RangeError' ? 'range' : 'other', message };
  }
}
