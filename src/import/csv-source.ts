/** Reads a CSV file and checks all of it before anything is imported. Every error names the file and the line. */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { CsvError } from 'csv-parse/sync';
import { KnownError } from '../kernel/known-error.js';
import { messageOf } from '../kernel/message-of.js';

/** The texts of a row, by column. */
export type Row = Readonly<Record<string, string>>;

export interface SourceSpec {
  readonly name: string;
  /** Absolute, or relative to the working folder. */
  readonly file: string;
  readonly delimiter: string;
  /** A label of the WHATWG Encoding Standard: `utf-8`, `latin1`, `windows-1250`, `utf-16le`. */
  readonly encoding: string;
  /** Required columns. */
  readonly columns: readonly string[];
  /** The columns that identify a row. If empty, the row's number identifies it. */
  readonly key: readonly string[];
}

export interface SourceRow {
  readonly values: Row;
  /** The line where the row begins, from 1. */
  readonly line: number;
  readonly key: string;
}

export interface Source {
  readonly spec: SourceSpec;
  readonly columns: readonly string[];
  readonly rows: readonly SourceRow[];
  /** The row of a join that found none: every value is empty. */
  readonly missing: Row;
}

/** A source file that can't be used. Nothing was written. */
export class InvalidSource extends KnownError {
  override readonly name = 'InvalidSource';
  readonly code = 'INVALID_SOURCE';
}

/** Between the parts of a key with several columns: a character that texts don't contain. */
const SEPARATOR = '\u001f';

const missingRows = new WeakSet<Row>();

/** Whether a join found this row. */
export function isFound(row: Row): boolean {
  return !missingRows.has(row);
}

/**
 * Reads a whole file.
 * @throws InvalidSource when it can't be read, has another encoding or delimiter, invalid quotes, rows of different lengths, missing columns
 * or duplicate keys
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
      if (keyAt.some((at) => values[at] === '')) throw fault(spec, line, `${name} is the key and must not be empty`);
      const before = seen.get(key);
      if (before !== undefined) {
        throw fault(
          spec,
          line,
          `${name} is the key, and line ${before} has the same value. Remove one of the rows, or add columns to the key`,
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
      `${spec.file}: ${reason}. Give the path of the source "${spec.name}" in the mapping (relative to the mapping), with --from <folder>, ` +
        `or with --source ${spec.name}=path.`,
      { cause },
    );
  }
  if (/^utf-?8$/i.test(spec.encoding)) {
    if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
      throw fault(spec, 1, `the file is UTF-16, not UTF-8. Declare it in the source: encoding: utf-16${bytes[0] === 0xff ? 'le' : 'be'}`);
    }
    if (!isUtf8(bytes)) {
      throw fault(
        spec,
        lineOfInvalidBytes(bytes),
        'the text is not UTF-8. Declare the encoding in the source, for example encoding: latin1, or windows-1250 for Central European Windows',
      );
    }
  }
  return new TextDecoder(spec.encoding).decode(bytes);
}

function lineOfInvalidBytes(bytes: Buffer): number {
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
        throw fault(spec, lineAt(text, error.bytes ?? 0), 'the closing quote of a value is missing. Write a quote inside quotes twice: ""');
      case 'INVALID_OPENING_QUOTE':
        throw fault(spec, line, 'a value contains a quote. Put the whole value in quotes, and write the quote inside twice: "5"" disk"');
      case 'CSV_INVALID_CLOSING_QUOTE':
        throw fault(
          spec,
          line,
          `a closing quote must be followed by "${spec.delimiter}" or the end of the line. Write a quote inside quotes twice: ""`,
        );
      case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH': {
        const other = otherDelimiter(spec, text);
        if (other) throw wrongDelimiter(spec, other);
        throw fault(
          spec,
          line,
          `the row has ${error.record?.length ?? 'another number of'} values, but the first line has ${columnCount(spec, text)} columns. Look for a value that contains "${spec.delimiter}" without quotes`,
        );
      }
      default:
        throw fault(spec, line, error.message);
    }
  }
}

/** The number of line breaks inside the values of a row. */
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
  if (other && (columns.length === 1 || lacking.length > 0)) throw wrongDelimiter(spec, other);
  if (lacking.length > 0) {
    throw fault(
      spec,
      1,
      `there is no column ${lacking.map((column) => `"${column}"`).join(', ')}; the file has ${columns.map((column) => `"${column}"`).join(', ')}`,
    );
  }
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice !== undefined) throw fault(spec, 1, `two columns are named "${twice}"; give each its own name`);
}

function columnCount(spec: SourceSpec, text: string): number {
  return firstLine(text).split(spec.delimiter).length;
}

function firstLine(text: string): string {
  return text.replace(/^\ufeff/, '').split(/\r?\n/, 1)[0] ?? '';
}

/** A common delimiter that splits the first line into more columns than the declared one. */
function otherDelimiter(spec: SourceSpec, text: string): string | undefined {
  const line = firstLine(text);
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({ delimiter, parts: line.split(delimiter).length }));
  const best = counts.reduce((most, next) => (next.parts > most.parts ? next : most));
  return best.delimiter !== spec.delimiter && best.parts > line.split(spec.delimiter).length ? best.delimiter : undefined;
}

function wrongDelimiter(spec: SourceSpec, delimiter: string): InvalidSource {
  const shown = (character: string): string => (character === '\t' ? '"\\t"' : `"${character}"`);
  return fault(
    spec,
    1,
    `the delimiter is not ${shown(spec.delimiter)}, but apparently ${shown(delimiter)}. Declare it in the source: delimiter: ${shown(delimiter)}`,
  );
}
