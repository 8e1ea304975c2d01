import { describe, expect, test } from '@jest/globals';
import { compiler, InvalidValue } from '../../src/import/expression.js';
import { recordId } from '../../src/import/functions.js';
import { derivedId } from '../../src/kernel/derived-id.js';

const compile = compiler({
  name: 'shop',
  timeZone: 'Europe/Bucharest',
  sources: new Map([['leads', ['name', 'amount', 'at', 'Sub product']]]),
  named: ['lead'],
});

function value(text: string, row: Readonly<Record<string, string>> = {}): unknown {
  return compile(text).evaluate({ leads: { name: '', amount: '', at: '', 'Sub product': '', ...row }, lead: 'L1' });
}

describe('an expression', () => {
  test.each<[string, Readonly<Record<string, string>>, unknown]>([
    ['"Lead " + leads.name', { name: 'Ana' }, 'Lead Ana'],
    ['leads["Sub product"]', { 'Sub product': 'loan' }, 'loan'],
    ['lower(leads.name)', { name: 'ȘTEFAN' }, 'ștefan'],
    ['upper(trim(leads.name))', { name: ' ana ' }, 'ANA'],
    ['split(leads.name, ",")', { name: 'cat, wolf,, ' }, ['cat', 'wolf']],
    ['split(leads.name, ",")', {}, []],
    ['cents(leads.amount)', { amount: '1234.5' }, 123450n],
    ['cents(leads.amount)', { amount: '-0.05' }, -5n],
    ['cents(replace(replace(leads.amount, ".", ""), ",", "."))', { amount: '1.234,56' }, 123456n],
    ['minor(leads.amount, 0)', { amount: '700' }, 700n],
    ['whole(leads.amount)', { amount: '100.0' }, 100n],
    ['instant(leads.at)', { at: '2018-07-01' }, new Date('2018-06-30T21:00:00Z')],
    ['instant(leads.at, "dd.MM.yyyy")', { at: '01.07.2018' }, new Date('2018-06-30T21:00:00Z')],
    ['day(leads.at, "dd.MM.yyyy")', { at: '01.07.2018' }, '2018-07-01'],
    ['day(instant(leads.at))', { at: '2018-06-30T21:30:00Z' }, '2018-07-01'],
    ['uuid(lead, "opportunity")', {}, derivedId('L1', 'opportunity')],
    ['id("lead", leads.name)', { name: '7' }, recordId('shop', 'lead', '7')],
  ])('%s', (text, row, expected) => {
    expect(value(text, row)).toEqual(expected);
  });

  test.each([
    'whole(leads.amount)',
    'cents(leads.amount)',
    'minor(leads.amount, 3)',
    'instant(leads.at)',
    'instant(leads.at, "dd.MM.yyyy")',
  ])('of an empty text is null: %s', (text) => {
    expect(value(text)).toBeNull();
  });

  test.each(['day(leads.at)', 'day(leads.at, "dd.MM.yyyy")', 'day(instant(leads.at))'])('of an empty text is empty: %s', (text) => {
    expect(value(text)).toBe('');
  });

  test.each([
    ['cents(leads.amount)', { amount: '12.345' }, 'has more than 2 decimals'],
    ['cents(leads.amount)', { amount: '1,000' }, 'is not a number such as 1234.50'],
    ['whole(leads.amount)', { amount: '1.5' }, 'is not a whole number'],
    ['instant(leads.at)', { at: '2018-02-31' }, 'is not a valid date or time'],
    ['double(leads.amount) > 1.0', { amount: 'much' }, 'cannot convert to double'],
  ])('says why a value is invalid: %s', (text, row, message) => {
    expect(() => value(text, row)).toThrow(InvalidValue);
    expect(() => value(text, row)).toThrow(message);
  });

  test('ids differ by mapping, kind and key', () => {
    const ids = [recordId('a', 'lead', '1'), recordId('b', 'lead', '1'), recordId('a', 'deal', '1'), recordId('a', 'lead', '2')];
    expect(new Set(ids).size).toBe(4);
  });
});

describe('an expression is refused before anything runs', () => {
  test.each([
    ['leads.nam', '"nam", which is not a column of leads; its columns are name, amount, at, Sub product'],
    ['leads["Product"]', '"Product", which is not a column of leads'],
    ['leads[lead]', 'must name the column of leads in quotes'],
    ['deals.name', 'Unknown variable: deals; defined are leads, lead'],
    ['leads.name +', 'is not valid'],
    ['leads.name + 1', 'no such overload: string + int'],
    ['capitals(leads.name)', "no matching overload for 'capitals(string)'; docs/import.md lists the functions"],
    ['cents(leads.name, 2)', 'docs/import.md lists the functions'],
  ])('%s', (text, message) => {
    expect(() => compile(text)).toThrow(message);
  });

  test('and columns are checked wherever an expression uses them', () => {
    expect(() => compile('split(leads.name, ",").map(part, part + leads.colour)')).toThrow('"colour", which is not a column');
    expect(compile('leads.name == "" ? leads.at : leads["Sub product"]').uses.map(({ column }) => column)).toEqual([
      'name',
      'at',
      'Sub product',
    ]);
  });
});
