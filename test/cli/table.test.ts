import { describe, expect, test } from '@jest/globals';
import { counted, details, plain, table, type Column } from '../../src/cli/table.js';

interface Row {
  readonly name: string;
  readonly size: number;
  readonly note: string | null;
}

const columns: readonly Column<Row>[] = [
  { title: 'name', value: ({ name }) => name },
  { title: 'size', value: ({ size }) => size, right: true },
  { title: 'note', value: ({ note }) => note, spare: 1 },
];

const rows: readonly Row[] = [
  { name: 'Brutăria Ana', size: 12_211, note: 'ten words' },
  { name: 'Bo', size: 7, note: null },
];

describe('a table', () => {
  test('aligns text left and numbers right, without trailing spaces', () => {
    expect(table(columns, rows)).toBe(
      ['name            size  note', 'Brutăria Ana  12,211  ten words', 'Bo                 7', ''].join('\n'),
    );
  });

  test('omits empty columns, and the titles on request', () => {
    expect(table(columns, rows.slice(1))).toBe('name  size\nBo       7\n');
    expect(table(columns, rows.slice(1), { titles: false })).toBe('Bo       7\n');
  });

  test('omits spare columns on a narrow terminal, and truncates the rest', () => {
    expect(table(columns, rows, { width: 24 })).toBe(
      ['name            size', 'Brutăria Ana  12,211', 'Bo                 7', ''].join('\n'),
    );
    expect(table(columns, rows, { width: 16 }).split('\n')[1]).toBe('Brutăria Ana  1…');
  });

  test('keeps the minimum width of a column', () => {
    const wide = columns.map((column, index) => (index === 0 ? { ...column, minimum: 6 } : column));
    expect(table(wide, rows.slice(1), { titles: false })).toBe('Bo         7\n');
  });
});

test('details have one line per name, and indent further lines of a value', () => {
  expect(
    details([
      ['type', 'LeadQualified'],
      ['data', '{\n}'],
    ]),
  ).toBe('type  LeadQualified\ndata  {\n      }\n');
});

test('control characters are replaced', () => {
  expect(plain('a\u001b[2Jb\rc\u009bd\u202ee')).toBe('a\ufffd[2Jb\ufffdc\ufffdd\ufffde');
});

test('a noun agrees with its count', () => {
  expect([counted(1, 'document'), counted(12_211, 'document'), counted(2, 'waits', 'wait')]).toEqual([
    '1 document',
    '12,211 documents',
    '2 wait',
  ]);
});
