/** Reports a run: a table on the console, bench/results.json, and the table in docs/performance.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { met, ratioOf, type Entry } from './book.js';
import type { Figure } from './measure.js';
import { metrics, type Metric, type Target } from './metrics.js';

/** The project's folder: this file runs as dist/bench/report.js. */
const ROOT = join(import.meta.dirname, '..', '..');
const RESULTS = join(ROOT, 'bench', 'results.json');
const DOCUMENT = join(ROOT, 'docs', 'performance.md');

const HEAD = ['key', 'figure', 'spread', 'limit', 'ratio', 'target'] as const;

/** The line of a figure. */
export function line(entry: Entry): string {
  return pad(cells(entry));
}

export const head = pad(HEAD);

/**
 * Writes the results.
 * @param documented whether to update the table and the list of keys in the document
 */
export function publish(
  entries: readonly Entry[],
  { events, documented }: { readonly events: number; readonly documented: boolean },
): void {
  const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
  };
  const at = new Date().toISOString();
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`;
  const by = <T>(value: (entry: Entry) => T | undefined) =>
    Object.fromEntries(entries.flatMap((entry) => (value(entry) === undefined ? [] : [[entry.metric.key, value(entry)]])));
  const results = {
    name: `${name} ${version}`,
    at,
    node: process.version,
    cpu: machine,
    engines: `SQLite ${sqliteVersion()}`,
    events,
    metrics: by(({ figure }) => rounded(figure.median)),
    spread: by(({ figure }) => [rounded(figure.min), rounded(figure.max)]),
    limits: by(({ limit }) => limit && rounded(limit.median)),
  };
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  if (!documented) return;

  const memory = `${Math.round(totalmem() / 1024 ** 3)} GiB of memory`;
  const taken = `Taken ${at.slice(0, 10)} by \`npm run bench -- --large\` with ${events.toLocaleString('en')} events on ${machine}, ${memory}, Node ${process.version}, SQLite ${sqliteVersion()}.`;
  const table = [...rows([HEAD, ['---', '---:', '---:', '---:', '---:', '---']]), ...rows(entries.map(cells))];
  rewrite('figures', [taken, '', ...table]);
  publishKeys();
}

/** Updates the list of keys in the document. */
export function publishKeys(): void {
  rewrite('keys', keys);
}

/** The list of keys, one per line. */
export const keys = rows([['key', 'what it is', 'the limit beside it'], ['---', '---', '---'], ...metrics.map(explained)]);

function rows(list: readonly (readonly string[])[]): readonly string[] {
  return list.map((row) => `| ${row.join(' | ')} |`);
}

function cells(entry: Entry): readonly string[] {
  const { metric, figure, limit, target } = entry;
  const ratio = ratioOf(entry);
  return [
    metric.key,
    `${shown(figure.median)} ${metric.unit}`,
    `${shown(figure.min)} to ${shown(figure.max)}`,
    limit ? withSpread(limit) : '',
    ratio === undefined ? '' : ratio.toFixed(2),
    target ? `${wanted(target)}: ${met(entry) ? 'ok' : 'missed'}` : '',
  ];
}

function explained({ key, unit, meaning, limit }: Metric): readonly string[] {
  return [`\`${key}\``, `${meaning} In ${unit}.`, limit ? `${limit}.` : ''];
}

function withSpread({ median, min, max }: Figure): string {
  return `${shown(median)} (${shown(min)} to ${shown(max)})`;
}

function wanted(target: Target): string {
  if ('ratio' in target) return `ratio >= ${target.ratio}`;
  if ('ratioAtMost' in target) return `ratio <= ${target.ratioAtMost}`;
  return 'atLeast' in target ? `>= ${target.atLeast.toLocaleString('en')}` : `<= ${target.atMost.toLocaleString('en')}`;
}

function shown(value: number): string {
  return rounded(value).toLocaleString('en', { maximumFractionDigits: 3 });
}

/** Three significant digits, or all digits of a whole number. */
function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

function pad(row: readonly string[]): string {
  const widths = [28, 22, 24, 30, 6, 0];
  return row
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join(' ')
    .trimEnd();
}

/** Replaces the lines between two markers in the document. @throws RangeError when the markers are missing */
function rewrite(name: string, lines: readonly string[]): void {
  const document = readFileSync(DOCUMENT, 'utf8');
  const begin = `<!-- ${name}: written by npm run bench -->`;
  const end = `<!-- end of ${name} -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new RangeError(`${DOCUMENT} lacks the markers "${begin}" and "${end}".`);
  writeFileSync(DOCUMENT, `${document.slice(0, from)}${begin}\n${lines.join('\n')}\n${document.slice(to)}`);
}

function sqliteVersion(): string {
  const database = new DatabaseSync(':memory:');
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { readonly version: string };
  database.close();
  return version;
}
