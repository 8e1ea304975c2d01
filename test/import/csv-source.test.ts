import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { InvalidSource, readSource, type SourceSpec } from '../../src/import/csv-source.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { writeFiles } from '../support/domain/import-files.js';

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function read(content: string | Buffer, spec: Partial<SourceSpec> = {}) {
  const file = writeFiles(folder.path, { 'leads.csv': content });
  return readSource({ name: 'leads', file, delimiter: ',', encoding: 'utf-8', columns: [], key: [], ...spec });
}

/** The message without the folder. */
function fault(content: string | Buffer, spec: Partial<SourceSpec> = {}): string {
  try {
    read(content, spec);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidSource);
    return (error as Error).message.replace(`${folder.path}/`, '');
  }
  throw new Error('The file was taken.');
}

describe('a source', () => {
  test('is its rows by column, with the line where each begins', () => {
    const { columns, rows } = read('id,note\n1,"two\nlines"\n\n2,"a ""quoted"" word"\n3,', { key: ['id'] });
    expect(columns).toEqual(['id', 'note']);
    expect(rows).toEqual([
      { key: '1', line: 2, values: { id: '1', note: 'two\nlines' } },
      { key: '2', line: 5, values: { id: '2', note: 'a "quoted" word' } },
      { key: '3', line: 6, values: { id: '3', note: '' } },
    ]);
  });

  test('may begin with a byte order mark, end lines as Windows does, and have no rows', () => {
    expect(read('\ufeffid,note\r\n1,x\r\n').rows[0]?.values).toEqual({ id: '1', note: 'x' });
    expect(read('id,note\n').rows).toEqual([]);
  });

  test('is read in the encoding that is declared', () => {
    expect(read(Buffer.from('name\nJo\xe3o\n', 'latin1'), { encoding: 'latin1' }).rows[0]?.values).toEqual({ name: 'João' });
    expect(read(Buffer.from('name;x\nȘtefan;1\n', 'utf16le'), { encoding: 'utf-16le', delimiter: ';' }).rows[0]?.values['name']).toBe(
      'Ștefan',
    );
  });

  test('without a key goes by the number of the row; a key of several columns tells rows apart', () => {
    expect(read('a\nx\nx\n').rows.map(({ key }) => key)).toEqual(['1', '2']);
    const { rows } = read('a,b\n1,23\n12,3\n', { key: ['a', 'b'] });
    expect(new Set(rows.map(({ key }) => key)).size).toBe(2);
  });
});

describe('a file that is refused names the line and says what to do', () => {
  test.each<[string, string | Buffer, Partial<SourceSpec>, string]>([
    ['a quote that is never closed', 'id,a\n1,x\n2,"y\n3,z\n', {}, 'leads.csv:3: a quoted value begins in this row and never ends.'],
    ['a quote inside a value', 'id,a\n1,5" disk\n', {}, 'leads.csv:2: a quote stands in the middle of a value.'],
    ['text after a closing quote', 'id,a\n1,"x"y\n', {}, 'leads.csv:2: after a closing quote comes neither "," nor the end of the line.'],
    ['a row with a value too many', 'id,a\n1,x\n2,y,z\n', {}, 'leads.csv:3: the row has 3 values where the first line names 2 columns.'],
    [
      'another delimiter',
      'id;a\n1;x\n',
      { key: ['id'] },
      'the values are not separated by ","; it looks like ";". Declare it at the source: delimiter: ";".',
    ],
    ['another delimiter, and rows that fit by chance', 'id\ta\n1\tx\n', {}, 'it looks like "\\t"'],
    ['another delimiter, and decimal commas', 'id;a\n1;2,5\n', { columns: ['id'] }, 'it looks like ";"'],
    [
      'a missing column',
      'id,origin\n1,x\n',
      { columns: ['id', 'source'] },
      'leads.csv:1: there is no column "source"; the file has "id", "origin".',
    ],
    ['a missing key column', 'a\n1\n', { key: ['id'] }, 'there is no column "id"'],
    ['a column twice', 'id,a,a\n1,x,y\n', {}, 'two columns are called "a"'],
    [
      'latin1 taken for UTF-8',
      Buffer.from('name\nAna\nJo\xe3o\n', 'latin1'),
      {},
      'leads.csv:3: the text is not UTF-8. Declare the encoding at the source, for example encoding: latin1',
    ],
    ['UTF-16 taken for UTF-8', Buffer.from('\ufeffname\nAna\n', 'utf16le'), {}, 'Declare it at the source: encoding: utf-16le.'],
    ['a key twice', 'id\n7\n8\n7\n', { key: ['id'] }, 'leads.csv:4: id is the key, and its value here stands in line 2 already.'],
    ['an empty key', 'id,a\n,x\n', { key: ['id'] }, 'leads.csv:2: id is the key and is empty here.'],
    ['an empty file', '', {}, 'leads.csv:1: the file is empty'],
    ['a file of blank lines', '\n\n', {}, 'leads.csv:1: the file is empty'],
  ])('%s', (_, content, spec, message) => {
    expect(fault(content, spec)).toContain(message);
  });

  test('a file that is not there', () => {
    const spec = { name: 'deals', file: `${folder.path}/no.csv`, delimiter: ',', encoding: 'utf-8', columns: [], key: [] };
    expect(() => readSource(spec)).toThrow(
      'there is no such file. Say where the source "deals" is: in the mapping (relative to it), with --from <folder of the files>, or with --source deals=path.',
    );
  });
});
