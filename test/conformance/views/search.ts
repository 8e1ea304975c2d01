/** Search finds documents by the beginnings of their words, as people type them. */
import { describe, expect, test } from '@jest/globals';
import { tallies, is, keys } from './deals.js';
import { onStore, type OpenStore } from './store.js';

const documents = {
  a: { name: 'Șerban Țepeș', tags: ['Vânzări', 'hot-lead'] },
  b: { name: 'Élodie O’Brien', tags: null },
  c: { name: 'Serbia Trade 2000', tags: ['ÎNTREPRINDERE'] },
  d: { name: 'Tepes, Serban & Co.', tags: [] },
  e: { name: 'OR "AND" NOT *' },
};

const searches: readonly (readonly [search: string, found: string])[] = [
  ['serban', 'ad'],
  ['SERB', 'acd'],
  ['Ţepeş', 'ad'],
  ['tep ser', 'ad'],
  ['ser tra', 'c'],
  ['ser vanz', 'a'],
  ['elodie', 'b'],
  ['Élod', 'b'],
  ['brien', 'b'],
  ['rban', ''],
  ['intre', 'c'],
  ['2000', 'c'],
  ['20', 'c'],
  ['lead', 'a'],
  ['serban serban', 'ad'],
  ['serban nobody', ''],
  ['" OR *', 'e'],
  ['ser*', 'acd'],
  ['"ser', 'acd'],
  ['or not', 'e'],
  ['name:serban', ''],
  ["'; DROP TABLE deals; --", ''],
  ['ser%', 'acd'],
  ['s_r', ''],
  ['.*', 'abcde'],
  ['^ser', 'acd'],
  ['', 'abcde'],
  ['  "" * ', 'abcde'],
  ['𝒮', 'acd'],
];

export function search(open: OpenStore): void {
  describe('search', () => {
    test(
      'finds words by their beginnings, all of them, without case and accents, and takes no syntax',
      onStore(open, async ({ keep, reader }) => {
        const position = await keep(documents);
        const found = async (asOf?: number) =>
          Promise.all(
            searches.map(async ([text]) => [
              text,
              (await keys(reader, { search: text, ...(asOf === undefined ? {} : { asOf }) })).join(''),
            ]),
          );
        expect(await found()).toEqual(searches);
        await keep(Object.fromEntries(Object.keys(documents).map((key) => [key, { name: 'Gone' }])));
        expect(await found(position)).toEqual(searches);
        expect(await keys(reader, { search: 'serban' })).toEqual([]);
        expect(await keys(reader, { search: 'gone' })).toHaveLength(5);
      }),
    );

    test(
      'joins with filters and order',
      onStore(open, async ({ keep, reader }) => {
        await keep({
          a: { name: 'Ser Uno', score: 1 },
          b: { name: 'Ser Due', score: 2 },
          c: { name: 'Ser Tre', score: 3 },
          d: { name: 'Altro', score: 4 },
        });
        const orderBy = [{ column: 'score', descending: true }];
        expect(await keys(reader, { search: 'ser', where: is('score', 'lt', 3), orderBy })).toEqual(['b', 'a']);
      }),
    );

    test(
      'of a read model without searched columns is refused',
      onStore(open, async ({ writer, reader }) => {
        const build = await writer.begin(tallies);
        await expect(reader.list(build, { orderBy: [], first: 1, search: 'x' })).rejects.toThrow(TypeError);
      }),
    );
  });
}
