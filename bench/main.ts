/**
 * `npm run bench`: measures Daybook and, in the same run, what its engines could do at best.
 *   npm run bench                        everything, 200,000 events; writes bench/results.json and the table of docs/performance.md
 *   npm run bench -- --events 20000      smaller; prints only
 *   npm run bench -- --only w1,g1_list   the workloads that give keys beginning so; prints only
 * Ends with 1 when a result is wrong; a missed target is told and changes nothing.
 */
import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Book } from './book.js';
import { WrongResult } from './check.js';
import { metrics } from './metrics.js';
import { head, line, publish } from './report.js';
import { seed, type Seeded } from './seeded.js';
import { settingOf } from './setting.js';
import { appends } from './workloads/append.js';
import { commands } from './workloads/commands.js';
import { listsAsOf, rebuilds } from './workloads/rebuild.js';
import { olist } from './workloads/olist.js';
import { reads } from './workloads/reads.js';
import { serving } from './workloads/serving.js';

const EVENTS = 200_000;

const { values } = parseArgs({ options: { events: { type: 'string', default: String(EVENTS) }, only: { type: 'string', default: '' } } });
const events = Number(values.events);
const only = values.only.split(',').filter((name) => name !== '');
if (!Number.isSafeInteger(events) || events < 1_000) fail(`--events must be a whole number of at least 1,000, not "${values.events}".`);
for (const name of only) if (!metrics.some(({ key }) => key.startsWith(name))) fail(`--only: no key begins with "${name}".`);

/** Whether any of the keys is asked for. */
const wanted = (...keys: readonly string[]): boolean =>
  only.length === 0 || keys.some((key) => only.some((name) => key.startsWith(name) || name.startsWith(key)));

const folder = mkdtempSync(join(tmpdir(), 'daybook-bench-'));
const remove = () => rmSync(folder, { recursive: true, force: true });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    remove();
    process.exit(130);
  });
}

const setting = settingOf(events, folder);
const book = new Book((entry) => console.log(line(entry)));
let seeded: Promise<Seeded> | undefined;
const seededLogs = () => (seeded ??= seed(setting));

try {
  console.log(head);
  if (wanted('w1_seq', 'w1_c64', 'w1_cached')) await commands(setting, book);
  if (wanted('w2')) await appends(setting, book);
  if (wanted('w3')) await rebuilds(setting, book, await seededLogs());
  if (wanted('w4')) await reads(setting, book, await seededLogs());
  if (wanted('asof')) await listsAsOf(setting, book, await seededLogs());
  await (await seeded)?.close();
  if (wanted('start_ms', 'rss', 'disk', 'g1', 'g2', 'w1_http', 'lag')) await serving(setting, book, wanted);
  if (wanted('import_olist', 'start_olist')) await olist(setting, book);
  if (only.length === 0 && events === EVENTS) publish(book.all(), events);
} catch (failure) {
  if (!(failure instanceof WrongResult)) throw failure;
  console.error(`Wrong result. ${failure.message}`);
  process.exitCode = 1;
} finally {
  remove();
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
