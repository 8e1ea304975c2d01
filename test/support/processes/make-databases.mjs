/** Makes database files, one after the other: node make-databases.mjs <folder> <kind as JSON> <count> */
import { openDatabase } from '../../../dist/src/sqlite/database.js';

const [folder, json, count] = process.argv.slice(2);
for (let number = 0; number < Number(count); number += 1) openDatabase(JSON.parse(json), { file: `${folder}/${number}.db` }).close();
