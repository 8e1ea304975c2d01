/**
 * `npm run bench`: measures Daybook and, in the same run, the limits of its engines.
 *   npm run bench                        everything except a log ten times as long; writes bench/results.json
 *   npm run bench -- --large             with that; also writes the tables of docs/performance.md
 *   npm run bench -- --keys              writes the list of keys in docs/performance.md, and measures nothing
 *   npm run bench -- --events 20000      smaller; prints only
 *   npm run bench -- --only w1,g1_list   the workloads with keys that begin so; prints only
 *   npm run bench -- --log URL           the log on a server of EventStoreDB or KurrentDB, by its connection string; prints only
 * Exits with 1 when a result is wrong or the server is unavailable. A missed target is only reported.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Book } from './book.js';
import { WrongResult } from './check.js';
import { metrics } from './metrics.js';
import { head, line, publish, publishKeys } from './report.js';
import { seed, type Seeded } from './seeded.js';
import { settingOf } from './setting.js';
import { appends } from './workloads/append.js';
import { commands } from './workloads/commands.js';
import { listsAsOf } from './workloads/as-of.js';
import { rebuilds } from './workloads/rebuild.js';
import { kurrent } from './workloads/kurrent.js';
import { large } from './workloads/large.js';
import { memory } from './workloads/memory.js';
import { olist } from './workloads/olist.js';
import { reads } from './workloads/reads.js';
import { sealing } from './workloads/sealing.js';
import { serving } from './workloads/serving.js';
import { parseAddress } from '../src/log/kurrent/address.js';
import { LogUnavailable } from '../src/log/port.js';

const EVENTS = 200_000;

/** The prefix of the keys for a log on a server. */
const ON_SERVER = 'kurrent';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: String(EVENTS) },
    only: { type: 'string', default: '' },
    log: { type: 'string' },
    large: { type: 'boolean', default: false },
    keys: { type: 'boolean', default: false },
  },
});
if (values.keys) {
  publishKeys();
  process.exit(0);
}
const events = Number(values.events);
const { log } = values;
const named = values.only.split(',').filter((name) => name !== '');
const only = log !== undefined && named.length === 0 ? [ON_SERVER] : named;
if (!Number.isSafeInteger(events) || events < 1_000) fail(`--events must be a whole number of at least 1,000, not "${values.events}".`);
for (const name of only) if (!metrics.some(({ key }) => key.startsWith(name))) fail(`--only: no key begins with "${name}".`);
for (const name of only) {
  if (log === undefined && (name.startsWith(ON_SERVER) || ON_SERVER.startsWith(name))) {
    fail(`--only: ${name} takes a server, named by --log.`);
  }
}
if (log !== undefined) checkAddress(log);

/** Whether any of the keys is selected. */
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
let told = 0;
const book = new Book((entry) => {
  told += 1;
  if (told === 1) console.log(head);
  console.log(line(entry));
});
let seeded: Promise<Seeded> | undefined;
const seededLogs = () => (seeded ??= seed(setting));

try {
  if (wanted('w1_seq', 'w1_c64', 'w1_cached')) await commands(setting, book);
  if (wanted('w2')) await appends(setting, book);
  if (wanted('w3_rebuild', 'w3_beside', 'w3_ten')) await rebuilds(setting, book, await seededLogs(), wanted);
  if (wanted('w4')) await reads(setting, book, await seededLogs());
  if (wanted('w3_rss')) await memory(setting, book, await seededLogs());
  if (wanted('list_ms', 'asof')) await listsAsOf(setting, book, await seededLogs());
  if (values.large || only.some((name) => name.startsWith('large'))) await large(setting, book, await seededLogs());
  await (await seeded)?.close();
  if (wanted('start_ms', 'rss', 'disk', 'g1', 'g2', 'w1_http', 'lag')) await serving(setting, book, wanted);
  if (wanted('seal')) await sealing(setting, book, wanted);
  if (wanted('import_olist', 'start_olist')) await olist(setting, book);
  if (log !== undefined && wanted(ON_SERVER)) await kurrent(log, setting, book, wanted);
  if (only.length === 0 && events === EVENTS) publish(book.all(), { events, documented: values.large });
} catch (failure) {
  if (failure instanceof WrongResult) console.error(`Wrong result. ${failure.message}`);
  else if (failure instanceof LogUnavailable) console.error(failure.message);
  else throw failure;
  process.exitCode = 1;
} finally {
  remove();
}

/** The value is not repeated: it may contain a password. */
function checkAddress(url: string): void {
  try {
    parseAddress(url);
  } catch (failure) {
    if (!(failure instanceof LogUnavailable)) throw failure;
    fail(`--log: ${failure.message}`);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
