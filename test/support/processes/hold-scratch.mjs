/** Makes a folder for builds aside and stays, until it is killed: node hold-scratch.mjs <where>; prints the path. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { scratchFolder } from '../../../dist/src/projector/scratch-folder.js';

const { path } = await scratchFolder(process.argv[2]);
writeFileSync(join(path, 'aside.db'), 'personal');
console.log(path);
setInterval(() => undefined, 1_000);
