/** Values in a history's changes read as the record's own fields do. */
import { describe, expect, it } from '@jest/globals';
import { Choice, Day, Int, List, MoneyField, Nested, Text } from '../../contracts/fields/index.js';
import { inContractWords } from '../../src/api/graphql/contract-words.js';
import { MoneyByCurrencyField } from '../../src/kernel/computed-fields.js';

const Price = Nested('Price', 'What one thing costs.', { name: Text(10), price: MoneyField.optional() });

describe('A value in the contract’s words', () => {
  it.each([
    ['a choice', Choice('Status', 'Where it stands.', ['open', 'on hold']), 'on hold', 'ON_HOLD'],
    ['an amount', MoneyField, { amount: 100, currency: 'EUR' }, { amount: '100', currency: 'EUR' }],
    [
      'sums by currency',
      MoneyByCurrencyField,
      { RON: 5, EUR: 1 },
      [
        { amount: '1', currency: 'EUR' },
        { amount: '5', currency: 'RON' },
      ],
    ],
    ['a whole number', Int(), 7, 7],
    ['a whole number beyond 32 bits', Int(0, 1e15), 5_000_000_000, '5000000000'],
    ['a list', List(Choice('Part', 'A part.', ['one']), 5), ['one'], ['ONE']],
    ['an object', Price, { name: 'a', price: { amount: 1, currency: 'EUR' } }, { name: 'a', price: { amount: '1', currency: 'EUR' } }],
    ['an object without what it may lack', Price, { name: 'a' }, { name: 'a', price: null }],
    ['a day', Day, '2026-01-31', '2026-01-31'],
    ['nothing', MoneyField, null, null],
  ])('%s', (_, { kind }, value, expected) => {
    expect(inContractWords(kind, value)).toEqual(expected);
  });
});
