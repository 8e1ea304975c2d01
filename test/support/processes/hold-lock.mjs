/** Holds a lock until it is killed: node hold-lock.mjs <file> */
import { setInterval } from 'node:timers';
import { holdLock } from '../../../dist/src/sqlite/lock.js';

holdLock(process.argv[2], { shared: false });
console.log('held');
setInterval(() => {}, 1000);
