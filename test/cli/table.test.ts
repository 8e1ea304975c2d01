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
  test('aligns text left and numbers right, and ends its lines where they end', () => {
    expect(table(columns, rows)).toBe(
      ['name            size  note', 'Brutăria Ana  12,211  ten words', 'Bo                 7', ''].join('\n'),
    );
  });

  test('leaves out a column in which nothing stands, and titles where they stand already', () => {
    expect(table(columns, rows.slice(1))).toBe('name  size\nBo       7\n');
    expect(table(columns, rows.slice(1), { titles: false })).toBe('Bo       7\n');
  });

  test('leaves out what can be spared of a narrow terminal, and cuts the rest', () => {
    expect(table(columns, rows, { width: 24 })).toBe(
      ['name            size', 'Brutăria Ana  12,211', 'Bo                 7', ''].join('\n'),
    );
    expect(table(columns, rows, { width: 16 }).split('\n')[1]).toBe('Brutăria Ana  1…');
  });

  test('keeps the room of a column from one table to the next', () => {
    const wide = columns.map((column, index) => (index === 0 ? { ...column, minimum: 6 } : column));
    expect(table(wide, rows.slice(1), { titles: false })).toBe('Bo         7\n');
  });
});

test('names and values stand under each other, long values indented', () => {
  expect(
    details([
      ['type', 'LeadQualified'],
      ['data', '{\n}'],
    ]),
  ).toBe('type  LeadQualified\ndata  {\n      }\n');
});

test('what a terminal would obey is shown as one unreadable character', () => {
  expect(plain('a\u001b[2Jb\rc\u009bd\u202ee')).toBe('a\ufffd[2Jb\ufffdc\ufffdd\ufffde');
});

test('a count agrees with its noun', () => {
  expect([counted(1, 'document'), counted(12_211, 'document'), counted(2, 'waits', 'wait')]).toEqual([
    '1 document',
    '12,211 documents',
    '2 wait',
  ]);
});
