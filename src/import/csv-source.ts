/** A CSV file read and checked as a whole before anything is done with it: every fault is one message with file and line. */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { CsvError } from 'csv-parse/sync';
import { KnownError } from '../kernel/known-error.js';
import { messageOf } from '../kernel/message-of.js';

/** Values by column, as the text that stood in the file. */
export type Row = Readonly<Record<string, string>>;

export interface SourceSpec {
  readonly name: string;
  /** Absolute, or relative to the working folder. */
  readonly file: string;
  readonly delimiter: string;
  /** A label of the WHATWG Encoding Standard: `utf-8`, `latin1`, `windows-1250`, `utf-16le`. */
  readonly encoding: string;
  /** Columns that must be there. */
  readonly columns: readonly string[];
  /** The columns that tell one row from all others; none: the row's number does. */
  readonly key: readonly string[];
}

export interface SourceRow {
  readonly values: Row;
  /** Where the row begins in the file, from 1. */
  readonly line: number;
  readonly key: string;
}

export interface Source {
  readonly spec: SourceSpec;
  readonly columns: readonly string[];
  readonly rows: readonly SourceRow[];
  /** Stands for the row that is not there in a join without a partner: every value is empty. */
  readonly missing: Row;
}

/** A source file that can't be used. Nothing was written. */
export class InvalidSource extends KnownError {
  override readonly name = 'InvalidSource';
  readonly code = 'INVALID_SOURCE';
}

/** The parts of a key of several columns; a character that no text of a CSV export holds. */
const SEPARATOR = '\u001f';

const missingRows = new WeakSet<Row>();

/** Whether a joined row is there. */
export function isFound(row: Row): boolean {
  return !missingRows.has(row);
}

/**
 * Reads a whole file.
 * @throws InvalidSource when it can't be read, is in another encoding or separated otherwise, has wrong quotes, rows of another length,
 * lacks columns, or has a key twice.
 */
export function readSource(spec: SourceSpec): Source {
  const [header, ...records] = split(spec, decode(spec));
  if (!header) throw fault(spec, 1, 'the file is empty; expected a line with the names of the columns');
  const columns = header.values.map((column) => column.trim());
  checkColumns(spec, columns);

  const keyAt = spec.key.map((column) => columns.indexOf(column));
  const seen = new Map<string, number>();
  const rows = records.map(({ values, line }, index): SourceRow => {
    const key = keyAt.length === 0 ? String(index + 1) : keyAt.map((at) => values[at] ?? '').join(SEPARATOR);
    if (keyAt.length > 0) {
      const name = spec.key.join(', ');
      if (keyAt.some((at) => values[at] === '')) throw fault(spec, line, `${name} is the key and is empty here`);
      const before = seen.get(key);
      if (before !== undefined) {
        throw fault(
          spec,
          line,
          `${name} is the key, and its value here stands in line ${before} already. Remove one of the rows, or name more columns as the key`,
        );
      }
      seen.set(key, line);
    }
    return { values: Object.fromEntries(columns.map((column, at) => [column, values[at] ?? ''])), line, key };
  });
  const missing = Object.fromEntries(columns.map((column) => [column, '']));
  missingRows.add(missing);
  return { spec, columns, rows, missing };
}

function fault({ file }: SourceSpec, line: number, message: string): InvalidSource {
  return new InvalidSource(`${file}:${line}: ${message}.`);
}

function decode(spec: SourceSpec): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(spec.file);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : messageOf(cause);
    throw new InvalidSource(
      `${spec.file}: ${reason}. Say where the source "${spec.name}" is: in the mapping (relative to it), with --from <folder of the files>, ` +
        `or with --source ${spec.name}=path.`,
      { cause },
    );
  }
  if (/^utf-?8$/i.test(spec.encoding)) {
    if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
      throw fault(
        spec,
        1,
        `the file is in UTF-16, not in UTF-8. Declare it at the source: encoding: utf-16${bytes[0] === 0xff ? 'le' : 'be'}`,
      );
    }
    if (!isUtf8(bytes)) {
      throw fault(
        spec,
        lineWithBadBytes(bytes),
        'the text is not UTF-8. Declare the encoding at the source, for example encoding: latin1, or windows-1250 for exports of Windows in Central Europe',
      );
    }
  }
  return new TextDecoder(spec.encoding).decode(bytes);
}

function lineWithBadBytes(bytes: Buffer): number {
  let line = 1;
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, from);
    const to = end < 0 ? bytes.length : end + 1;
    if (!isUtf8(bytes.subarray(from, to))) return line;
    from = to;
  }
  return line;
}

function split(spec: SourceSpec, text: string): { readonly values: readonly string[]; readonly line: number }[] {
  try {
    const parsed = parse(text, { bom: true, delimiter: spec.delimiter, skip_empty_lines: true, info: true }) as unknown as {
      readonly record: readonly string[];
      readonly info: { readonly lines: number };
    }[];
    return parsed.map(({ record, info }) => ({ values: record, line: info.lines - innerLines(record) }));
  } catch (cause) {
    const error = cause as CsvError & { readonly bytes?: number; readonly lines?: number; readonly record?: readonly string[] };
    const line = error.lines ?? 1;
    switch (error.code) {
      case 'CSV_QUOTE_NOT_CLOSED':
        throw fault(
          spec,
          lineAt(text, error.bytes ?? 0),
          'a quoted value begins in this row and never ends. A quote inside quotes is written twice: ""',
        );
      case 'INVALID_OPENING_QUOTE':
        throw fault(
          spec,
          line,
          'a quote stands in the middle of a value. Put the whole value in quotes and write the one inside twice: "5"" disk"',
        );
      case 'CSV_INVALID_CLOSING_QUOTE':
        throw fault(
          spec,
          line,
          `after a closing quote comes neither "${spec.delimiter}" nor the end of the line. A quote inside quotes is written twice: ""`,
        );
      case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH': {
        const other = otherDelimiter(spec, text);
        if (other) throw otherwiseSeparated(spec, other);
        throw fault(
          spec,
          line,
          `the row has ${error.record?.length ?? 'other'} values where the first line names ${columnCount(spec, text)} columns. Look for a value with "${spec.delimiter}" in it that is not in quotes`,
        );
      }
      default:
        throw fault(spec, line, error.message);
    }
  }
}

/** Line ends within the values of a row. */
function innerLines(values: readonly string[]): number {
  let count = 0;
  for (const value of values) if (value.includes('\n')) count += value.split('\n').length - 1;
  return count;
}

function lineAt(text: string, byte: number): number {
  return Buffer.from(text, 'utf8').subarray(0, byte).toString('utf8').split('\n').length;
}

function checkColumns(spec: SourceSpec, columns: readonly string[]): void {
  const needed = [...new Set([...spec.columns, ...spec.key])];
  const lacking = needed.filter((column) => !columns.includes(column));
  const other = otherDelimiter(spec, columns.join(spec.delimiter));
  if (other && (columns.length === 1 || lacking.length > 0)) throw otherwiseSeparated(spec, other);
  if (lacking.length > 0) {
    throw fault(
      spec,
      1,
      `there is no column ${lacking.map((column) => `"${column}"`).join(', ')}; the file has ${columns.map((column) => `"${column}"`).join(', ')}`,
    );
  }
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice !== undefined) throw fault(spec, 1, `two columns are called "${twice}"; give each its own name`);
}

function columnCount(spec: SourceSpec, text: string): number {
  return firstLine(text).split(spec.delimiter).length;
}

function firstLine(text: string): string {
  return text.replace(/^\ufeff/, '').split(/\r?\n/, 1)[0] ?? '';
}

/** A usual delimiter that parts the first line into more columns than the declared one. */
function otherDelimiter(spec: SourceSpec, text: string): string | undefined {
  const line = firstLine(text);
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({ delimiter, parts: line.split(delimiter).length }));
  const best = counts.reduce((most, next) => (next.parts > most.parts ? next : most));
  return best.delimiter !== spec.delimiter && best.parts > line.split(spec.delimiter).length ? best.delimiter : undefined;
}

function otherwiseSeparated(spec: SourceSpec, delimiter: string): InvalidSource {
  const shown = (character: string): string => (character === '\t' ? '"\\t"' : `"${character}"`);
  return fault(
    spec,
    1,
    `the values are not separated by ${shown(spec.delimiter)}; it looks like ${shown(delimiter)}. Declare it at the source: delimiter: ${shown(delimiter)}`,
  );
}
