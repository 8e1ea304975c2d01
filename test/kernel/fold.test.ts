import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fold, words } from '../../contracts/fold.js';
import { phoneDigits } from '../../src/kernel/phone.js';

describe('Folded text', () => {
  it.each([
    ['Țepeș', 'tepes'],
    ['TEPES', 'tepes'],
    ['  Éclair ', 'eclair'],
    ['İstanbul', 'istanbul'],
    ['ﬁn', 'fin'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['οδος', 'οδοσ'],
    ['São Paulo', 'sao paulo'],
  ])('%s is %s', (text, expected) => {
    expect(fold(text)).toBe(expected);
  });

  it('folds no further', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fold(fold(text))).toBe(fold(text));
      }),
    );
  });

  it('does not depend on how a letter is composed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fold(text.normalize('NFC'))).toBe(fold(text.normalize('NFD')));
      }),
    );
  });
});

describe('The words of a text', () => {
  it('are its runs of letters and digits, each once, folded', () => {
    expect(words('Ana-Maria POP, ana@example.com (2)')).toEqual(['ana', 'maria', 'pop', 'example', 'com', '2']);
    expect(words(' — ')).toEqual([]);
  });

  it('hold nothing but letters and digits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(words(text).every((word) => /^[\p{L}\p{N}]+$/u.test(word))).toBe(true);
      }),
    );
  });
});

describe('The digits of a phone', () => {
  it.each([
    ['+40 21 555 0100', '40215550100'],
    ['0040 (21) 555-01-00', '40215550100'],
    ['021/555.0100', '215550100'],
    ['000', null],
    [null, null],
  ])('of %s are %s', (phone, expected) => {
    expect(phoneDigits(phone)).toBe(expected);
  });
});
