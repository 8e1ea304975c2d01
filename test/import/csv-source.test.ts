import { describe, expect, test } from '@jest/globals';
import { InvalidSource, readSource, type SourceSpec } from '../../src/import/csv-source.js';
import { folderPerTest } from '../support/folder.js';
import { writeFiles } from '../support/domain/import-files.js';

const folder = folderPerTest();

function read(content: string | Buffer, spec: Partial<SourceSpec> = {}) {
  const file = writeFiles(folder.path, { 'leads.csv': content });
  return readSource({ name: 'leads', file, delimiter: ',', encoding: 'utf-8', columns: [], key: [], ...spec });
}

/** The error message, without the folder. */
function fault(content: string | Buffer, spec: Partial<SourceSpec> = {}): string {
  try {
    read(content, spec);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidSource);
    return (error as Error).message.replace(`${folder.path}/`, '');
  }
  throw new Error('The file is valid.');
}

describe('a source', () => {
  test('has its rows by column, each with the line where it begins', () => {
    const { columns, rows } = read('id,note\n1,"two\nlines"\n\n2,"a ""quoted"" word"\n3,', { key: ['id'] });
    expect(columns).toEqual(['id', 'note']);
    expect(rows).toEqual([
      { key: '1', line: 2, values: { id: '1', note: 'two\nlines' } },
      { key: '2', line: 5, values: { id: '2', note: 'a "quoted" word' } },
      { key: '3', line: 6, values: { id: '3', note: '' } },
    ]);
  });

  test('may have a byte order mark, Windows line endings and no rows', () => {
    expect(read('\ufeffid,note\r\n1,x\r\n').rows[0]?.values).toEqual({ id: '1', note: 'x' });
    expect(read('id,note\n').rows).toEqual([]);
  });

  test('is read in the declared encoding', () => {
    expect(read(Buffer.from('name\nJo\xe3o\n', 'latin1'), { encoding: 'latin1' }).rows[0]?.values).toEqual({ name: 'João' });
    expect(read(Buffer.from('name;x\nȘtefan;1\n', 'utf16le'), { encoding: 'utf-16le', delimiter: ';' }).rows[0]?.values['name']).toBe(
      'Ștefan',
    );
  });

  test('uses the row number as the key if none is declared; a key may have several columns', () => {
    expect(read('a\nx\nx\n').rows.map(({ key }) => key)).toEqual(['1', '2']);
    const { rows } = read('a,b\n1,23\n12,3\n', { key: ['a', 'b'] });
    expect(new Set(rows.map(({ key }) => key)).size).toBe(2);
  });
});

describe('an invalid file is refused with the line and a remedy:', () => {
  test.each<[string, string | Buffer, Partial<SourceSpec>, string]>([
    ['a quote that is never closed', 'id,a\n1,x\n2,"y\n3,z\n', {}, 'leads.csv:3: the closing quote of a value is missing.'],
    ['a quote inside a value', 'id,a\n1,5" disk\n', {}, 'leads.csv:2: a value contains a quote.'],
    ['text after a closing quote', 'id,a\n1,"x"y\n', {}, 'leads.csv:2: a closing quote must be followed by "," or the end of the line.'],
    ['a row with a value too many', 'id,a\n1,x\n2,y,z\n', {}, 'leads.csv:3: the row has 3 values, but the first line has 2 columns.'],
    [
      'another delimiter',
      'id;a\n1;x\n',
      { key: ['id'] },
      'the delimiter is not ",", but apparently ";". Declare it in the source: delimiter: ";".',
    ],
    ['another delimiter, and rows that happen to fit', 'id\ta\n1\tx\n', {}, 'apparently "\\t"'],
    ['another delimiter, and decimal commas', 'id;a\n1;2,5\n', { columns: ['id'] }, 'apparently ";"'],
    [
      'a missing column',
      'id,origin\n1,x\n',
      { columns: ['id', 'source'] },
      'leads.csv:1: there is no column "source"; the file has "id", "origin".',
    ],
    ['a missing key column', 'a\n1\n', { key: ['id'] }, 'there is no column "id"'],
    ['a duplicate column', 'id,a,a\n1,x,y\n', {}, 'two columns are named "a"'],
    [
      'latin1 read as UTF-8',
      Buffer.from('name\nAna\nJo\xe3o\n', 'latin1'),
      {},
      'leads.csv:3: the text is not UTF-8. Declare the encoding in the source, for example encoding: latin1',
    ],
    ['UTF-16 read as UTF-8', Buffer.from('\ufeffname\nAna\n', 'utf16le'), {}, 'Declare it in the source: encoding: utf-16le.'],
    ['a duplicate key', 'id\n7\n8\n7\n', { key: ['id'] }, 'leads.csv:4: id is the key, and line 2 has the same value.'],
    ['an empty key', 'id,a\n,x\n', { key: ['id'] }, 'leads.csv:2: id is the key and must not be empty.'],
    ['an empty file', '', {}, 'leads.csv:1: the file is empty'],
    ['a file of blank lines', '\n\n', {}, 'leads.csv:1: the file is empty'],
  ])('%s', (_, content, spec, message) => {
    expect(fault(content, spec)).toContain(message);
  });

  test('a missing file', () => {
    const spec = { name: 'deals', file: `${folder.path}/no.csv`, delimiter: ',', encoding: 'utf-8', columns: [], key: [] };
    expect(() => readSource(spec)).toThrow(
      'there is no such file. Give the path of the source "deals" in the mapping (relative to the mapping), with --from <folder>, or with --source deals=path.',
    );
  });
});
