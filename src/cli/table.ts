/** Tables with aligned columns that fit the terminal. */

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null;
  /** Aligned to the right, for numbers. */
  readonly right?: boolean;
  /** Minimum width, so that consecutive tables have the same columns. */
  readonly minimum?: number;
  /** Can be omitted on a narrow terminal: the highest number first. */
  readonly spare?: number;
}

export interface TableOptions {
  /** Width of the terminal, in characters. Unlimited if undefined. */
  readonly width?: number | undefined;
  /** False omits the row of titles. */
  readonly titles?: boolean;
}

const GAP = '  ';

/** The lines of a table, each with a line break. Empty columns are omitted. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], { width, titles = true }: TableOptions = {}): string {
  const filled = columns
    .map((column) => ({ ...column, cells: rows.map((row) => cell(column.value(row))) }))
    .filter(({ cells, minimum }) => minimum !== undefined || cells.some((text) => text !== ''))
    .map((column) => ({ ...column, room: Math.max(column.minimum ?? 0, ...[column.title, ...column.cells].map(lengthOf)) }));
  const shown = fitted(filled, width);
  const line = (texts: readonly string[]): string => {
    const padded = shown.map(({ right, room }, index) => pad(texts[index] ?? '', room, right === true));
    return `${cut(padded.join(GAP).trimEnd(), width)}\n`;
  };
  const head = titles ? [line(shown.map(({ title }) => title))] : [];
  return [...head, ...rows.map((_, row) => line(shown.map(({ cells }) => cells[row] ?? '')))].join('');
}

/** One line per name and value. Further lines of a value are indented. */
export function details(entries: readonly (readonly [name: string, value: string])[]): string {
  const room = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(room)}${GAP}${value.replaceAll('\n', `\n${' '.repeat(room)}${GAP}`)}\n`).join('');
}

/** Replaces control characters, which a terminal would execute. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** `12,211` */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 document`, `12,211 documents` */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  return typeof value === 'number' ? count(value) : plain(value);
}

function fitted<C extends { readonly room: number; readonly spare?: number }>(
  columns: readonly C[],
  width: number | undefined,
): readonly C[] {
  const needed = columns.reduce((sum, { room }) => sum + room + GAP.length, -GAP.length);
  if (width === undefined || needed <= width) return columns;
  const most = Math.max(...columns.map(({ spare }) => spare ?? 0));
  return most === 0
    ? columns
    : fitted(
        columns.filter(({ spare }) => (spare ?? 0) < most),
        width,
      );
}

/** In characters, not in UTF-16 code units. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

function pad(text: string, room: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, room - lengthOf(text)));
  return right ? space + text : text + space;
}

function cut(line: string, width: number | undefined): string {
  if (width === undefined || lengthOf(line) <= width) return line;
  return `${Array.from(line)
    .slice(0, Math.max(1, width - 1))
    .join('')}…`;
}
