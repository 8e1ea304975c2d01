/** Opens the keys of a data folder as a first start does, takes some, and prints what it found: folder, log id, number of keys to take. */
import { openKeys } from '../../../dist/src/engines.js';

const [dataDir, logId, count] = process.argv.slice(2);
const keyring = await openKeys({ dataDir }, { logId, create: true });
const keys = [];
for (let n = 0; n < Number(count); n += 1) keys.push(await keyring.take());
console.log(JSON.stringify({ logKey: keyring.logKey.toString('hex'), keys: keys.map(({ k, key }) => [k, key.toString('hex')]) }));
await keyring.close();
