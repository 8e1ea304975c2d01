/** A reader thread that dies when it is asked: `once` (told by the file that it is given) or always. Then it answers 42. */
import { existsSync, writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const { file } = workerData;
parentPort.on('message', (asked) => {
  if (asked === 'close') {
    parentPort.close();
    return;
  }
  if (file === 'always') throw new Error('out of order');
  if (!existsSync(file)) {
    writeFileSync(file, 'died');
    throw new Error('out of order');
  }
  parentPort.postMessage({ id: asked.id, answer: 42 });
});
