/**
 * Rotates the master key of a data folder, and is killed after a call of the key store: folder, number of the call. Prints `done` when there are fewer calls.
 */
import { masterSource, openKeyStore } from '../../../dist/src/engines.js';
import { rotateMasterKey } from '../../../dist/src/keys/rotation.js';

const [dataDir, at] = process.argv.slice(2);
let calls = 0;
const store = await openKeyStore({ dataDir }, { create: false });
const fragile = new Proxy(store, {
  get(target, name) {
    const value = Reflect.get(target, name, target);
    if (typeof value !== 'function') return value;
    return async (...values) => {
      const last = ++calls === Number(at);
      const result = await value.apply(target, values);
      if (last) process.kill(process.pid, 'SIGKILL');
      return result;
    };
  },
});
await rotateMasterKey(fragile, { source: await masterSource({ dataDir }) });
await store.close();
console.log('done');
