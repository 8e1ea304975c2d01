/** Invalid input is refused with all problems, each with its field and without the value. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toInstant } from '../../contracts/fields/calendar.js';
import {
  Choice,
  Currency,
  Day,
  Decimal,
  Email,
  Flag,
  Id,
  Instant,
  Int,
  Language,
  List,
  Month,
  MoneyField,
  Nested,
  OneOf,
  Phone,
  Ref,
  Text,
  User,
  Uuid,
  WebSite,
  type Field,
} from '../../contracts/fields/index.js';
import { domain } from '../../src/domain.js';
import { DistributionField, MoneyByCurrencyField } from '../../src/kernel/computed-fields.js';
import { eventId } from '../../src/kernel/derived-id.js';
import { InvalidInput, reader, type FieldProblem } from '../../src/kernel/input.js';
import { RegisterLead } from '../../src/sales/lead.js';

type Read = (plain: unknown) => unknown;

const Stop = Nested('Stop', 'A stop of a trip.', { place: Text(20), nights: Int(0, 10).optional() });

const readTrip = reader('Trip', {
  title: Text(20),
  note: Text(20).optional().change(),
  season: Choice('Season', 'A season.', ['summer', 'winter']).change(),
  price: MoneyField.optional(),
  stops: List(Stop, 3).optional(),
  tags: List(Text(5), 3).optional(),
  open: Flag.default(true),
  share: Decimal(0, 1).optional(),
  starts: Instant.optional(),
  guide: OneOf('Guide', 'Who leads it.', { known: Id, name: Text(20) }).optional(),
});

function problemsOf(read: Read, plain: unknown): readonly FieldProblem[] {
  try {
    read(plain);
  } catch (failure) {
    if (failure instanceof InvalidInput) return failure.problems;
    throw failure;
  }
  return [];
}

const trip = (more: object): unknown => ({ title: 'North', ...more });
const leftOut = { price: null, stops: null, tags: null, open: true, share: null, starts: null, guide: null };

describe('Input', () => {
  it('is converted to its stored form: text trimmed, times in UTC, missing fields null or their default', () => {
    const plain = {
      title: '  North ',
      starts: '2018-02-26T19:58:54+02:00',
      stops: [{ place: ' Cluj ', nights: 2 }, { place: 'Iasi' }],
      price: { amount: 5, currency: 'EUR' },
    };
    expect(readTrip(plain)).toEqual({
      ...leftOut,
      title: 'North',
      starts: '2018-02-26T17:58:54.000Z',
      stops: [
        { place: 'Cluj', nights: 2 },
        { place: 'Iasi', nights: null },
      ],
      price: { amount: 5, currency: 'EUR' },
    });
  });

  it.each([
    ['an unknown field', { colour: 'red' }, 'colour', /colour is not a field of Trip; it has title, note/],
    [
      'an unknown field inside',
      { stops: [{ place: 'Cluj', country: 'RO' }] },
      'stops.0.country',
      /stops\.0\.country is not a field of Stop/,
    ],
    ['a missing field', { title: undefined }, 'title', /title is required/],
    ['null for a field that is required', { title: null }, 'title', /title must be text/],
    ['a missing field inside', { stops: [{ place: 'Cluj' }, {}] }, 'stops.1.place', /stops\.1\.place is required/],
    ['a number for text', { title: 7 }, 'title', /title must be text/],
    ['an object for text', { title: {} }, 'title', /title must be text/],
    ['text of blanks only', { title: ' \n ' }, 'title', /title must not be empty/],
    ['text that is too long', { title: 'x'.repeat(21) }, 'title', /title must be at most 20 characters long/],
    ['a control character', { title: 'a\u0000b' }, 'title', /title must be text without control characters/],
    ['half a character', { title: 'a\ud83d' }, 'title', /title must be text without control characters/],
    ['null where it can not be cleared', { season: null }, 'season', /season can't be cleared; leave it out to keep it/],
    ["an enum's wrong value", { season: 'Summer' }, 'season', /season must be one of "summer", "winter"/],
    ['text for a flag', { open: 'true' }, 'open', /open must be true or false/],
    ['a number out of range', { share: 1.01 }, 'share', /share must be from 0 to 1/],
    ['no number', { share: Number.NaN }, 'share', /share must be a number/],
    ['an infinite number', { share: Infinity }, 'share', /share must be/],
    [
      'a fraction for a whole number',
      { stops: [{ place: 'Cluj', nights: 1.5 }] },
      'stops.0.nights',
      /stops\.0\.nights must be a whole number/,
    ],
    ['text for money', { price: '5 EUR' }, 'price', /price must be an object/],
    ['a currency that is none', { price: { amount: 5, currency: 'euro' } }, 'price.currency', /price\.currency must be/],
    ['money without a currency', { price: { amount: 5 } }, 'price.currency', /price\.currency is required/],
    ['money beyond what is exact', { price: { amount: 2 ** 53, currency: 'EUR' } }, 'price.amount', /price\.amount must be a whole number/],
    ['an object for a list', { tags: { 0: 'a' } }, 'tags', /tags must be a list/],
    ['a list that is too long', { tags: ['a', 'b', 'c', 'd'] }, 'tags', /tags must be at most 3 entries long/],
    ['a list with a wrong entry', { tags: ['a', 'abcdef'] }, 'tags.1', /tags\.1 must be at most 5 characters long/],
    ['a list of wrong things', { stops: ['Cluj'] }, 'stops.0', /stops\.0 must be an object/],
    ['an instant without a zone', { starts: '2018-02-26T19:58:54' }, 'starts', /starts must be an instant/],
    ['an instant that never was', { starts: '2018-02-30T19:58:54Z' }, 'starts', /starts must be an instant/],
    ['neither of two', { guide: {} }, 'guide', /guide must have exactly one of known, name/],
    ['both of two', { guide: { known: 'ana', name: 'Ana' } }, 'guide', /guide must have exactly one of known, name/],
    ['a wrong value of one of two', { guide: { known: '-' } }, 'guide.known', /guide\.known must be an id/],
  ])('with %s is refused by its field', (_, more, field, message) => {
    expect(problemsOf(readTrip, trip(more))).toEqual([{ field, message: expect.stringMatching(message) }]);
  });

  it.each([undefined, null, 'text', 7, [[]]])('that is %j is no object', (plain) => {
    expect(problemsOf(readTrip, plain)).toEqual([
      { field: 'Trip', message: expect.stringMatching(/^Trip (must be an object|is required)$/) },
    ]);
  });

  it('treats null like a missing field if the field can not be cleared', () => {
    expect(RegisterLead({ name: 'Ana', company: null, email: null })).toEqual(RegisterLead({ name: 'Ana' }));
    expect(readTrip(trip({ open: null }))).toEqual({ ...leftOut, title: 'North' });
  });

  it('distinguishes null, which clears, from a missing field', () => {
    expect(readTrip(trip({ note: null }))).toHaveProperty('note', null);
    expect(readTrip(trip({}))).not.toHaveProperty('note');
  });

  it('has all problems at once', () => {
    expect(
      problemsOf(readTrip, { note: '', season: 'spring', open: 1, tags: ['abcdef', 7] })
        .map(({ field }) => field)
        .sort(),
    ).toEqual(['note', 'open', 'season', 'tags.0', 'tags.1', 'title']);
  });

  it('counts a surrogate pair as one character', () => {
    expect(problemsOf(readTrip, { title: '😀'.repeat(20) })).toEqual([]);
    expect(problemsOf(readTrip, { title: '😀'.repeat(21) })).toHaveLength(1);
  });

  it('changes no prototype', () => {
    expect(problemsOf(readTrip, JSON.parse('{"title":"North","__proto__":{"open":true}}'))).toMatchObject([{ field: '__proto__' }]);
    expect(problemsOf(readTrip, trip({ constructor: 'x' }))).toMatchObject([{ field: 'constructor' }]);
    expect(({} as { open?: boolean }).open).toBeUndefined();
  });

  it('with thousands of unknown fields with long names gives a short message', () => {
    const plain = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`${'x'.repeat(2000)}${index}`, 1]));
    expect(problemsOf(readTrip, plain)).toHaveLength(20);
    expect(JSON.stringify(problemsOf(readTrip, plain)).length).toBeLessThan(8000);
  });
});

describe('Instants as input', () => {
  it.each([
    ['2018-02-26T19:58Z', '2018-02-26T19:58:00.000Z'],
    ['2018-02-26T19:58:54.1234567Z', '2018-02-26T19:58:54.123Z'],
    ['2018-02-26T23:30:00-03:00', '2018-02-27T02:30:00.000Z'],
    [new Date('2018-02-26T19:58:54Z'), '2018-02-26T19:58:54.000Z'],
  ])('%s is %s', (given, expected) => {
    expect(toInstant(given)).toBe(expected);
  });

  it.each(['2018-02-26', '26.2.2018 19:58', '2018-02-31T00:00:00Z', '2018-02-26T25:00:00Z', '', 7, null])(
    '%j stays as it is, to be refused',
    (given) => {
      expect(toInstant(given)).toBe(given);
    },
  );
});

describe('Every command', () => {
  const commands = domain.commands.map((command) => [command.name, command] as const);
  const secret = 'Xq7';

  it.each(commands)('%s refuses a 5 MB text in each field by its name, in a short message without it', (_, command) => {
    const text = secret.repeat(1_700_000);
    for (const name of Object.keys(command.fields)) {
      const problem = problemsOf((plain) => command.from(plain), { [name]: text }).find(({ field }) => field === name);
      expect(problem?.message.length).toBeLessThan(500);
      expect(problem?.message).not.toContain(secret);
    }
  });

  it.each(commands)('%s takes or refuses anything, without repeating it', (_, command) => {
    const names = Object.keys(command.fields);
    const leaf = fc.oneof(fc.constantFrom(secret, `${secret}@`, `${secret}\u0000`, '', null, -1, 1e300, true), fc.integer());
    const value = fc.oneof(
      leaf,
      fc.array(leaf, { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('name', 'amount', 'currency', 'accountId'), leaf),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (plain) => {
        for (const { field, message } of problemsOf((input) => command.from(input), plain)) {
          expect(message).toContain(field);
          expect(message).not.toContain(secret);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('Kinds of fields', () => {
  const accepts = (field: Field, value: unknown): boolean => problemsOf(reader('Holder', { value: field }), { value }).length === 0;

  it.each([
    ['Email', Email, ['ana@example.com', 'a.b+c@sub.example.co', 'țepeș@exemplu.ro', "o'neil@example.ie"]],
    ['Phone', Phone, ['+40 21 555 0100', '021/555.01.00', '(021) 555-0100', '12345', '+123456789012345']],
    [
      'WebSite',
      WebSite,
      [
        'https://example.com',
        'http://example.com:8080/a?b=c#d',
        'HTTPS://Example.com',
        'https://exemplu.ro/pagină',
        'https://example.com.',
      ],
    ],
    ['Currency', Currency, ['EUR', 'BRL']],
    ['Language', Language, ['ro', 'pt-BR', 'zh-Hant-TW']],
    ['Month', Month, ['2018-02', '1999-12']],
    ['Day', Day, ['2018-02-28', '2020-02-29']],
    ['Uuid', Uuid, ['0b9f4d6e-5a53-5b1c-8e35-0f5f3a1c9d77', '0B9F4D6E-5A53-5B1C-8E35-0F5F3A1C9D77']],
    ['Id', Id, ['a', '5420aad7fec3549a85876ba1c529bd84', 'a-b_c']],
    ['Ref', Ref('account'), ['acme']],
    ['User', User, ['sam', 'ana.pop', 'policy:leadConversion']],
    ['Text', Text(5), ['abc', 'a\tb', 'a\nb', 'țșăîâ']],
  ])('%s takes %j', (_, type, values) => {
    for (const value of values) expect([value, accepts(type, value)]).toEqual([value, true]);
  });

  it.each([
    [
      'Email',
      Email,
      [
        'ana',
        'ana@',
        '@example.com',
        'ana@example',
        'ana@.com',
        'ana@example..com',
        'a b@example.com',
        'ana@exa mple.com',
        'a@b@c.de',
        `${'a'.repeat(250)}@example.com`,
      ],
    ],
    ['Phone', Phone, ['1234', '1234567890123456', '+', 'call me', '12345 ext 6', '++40215550100', '12345\n6789x']],
    [
      'WebSite',
      WebSite,
      [
        'example.com',
        'ftp://example.com',
        'javascript:alert(1)',
        'https://localhost',
        'https://.com',
        'https://a..b',
        'https://exa mple.com',
      ],
    ],
    ['Currency', Currency, ['eur', 'EURO', 'E1R']],
    ['Language', Language, ['r', 'Romanian language', 'ro_RO', 'ro-']],
    ['Month', Month, ['2018-13', '2018-00', '2018-2', '2018-02-01']],
    ['Day', Day, ['2018-02-29', '28.02.2018', '2018-2-3']],
    [
      'Uuid',
      Uuid,
      [
        '0b9f4d6e5a535b1c8e350f5f3a1c9d77',
        'x',
        '0b9f4d6e-5a53-0b1c-8e35-0f5f3a1c9d77',
        '0b9f4d6e-5a53-5b1c-1e35-0f5f3a1c9d77',
        '00000000-0000-0000-0000-000000000001',
      ],
    ],
    ['Id', Id, ['', '-a', 'a b', 'ä', 'a'.repeat(65)]],
    ['User', User, ['', 'a b', '@sam', 'ana.pop@example.com', 'a'.repeat(101)]],
  ])('%s refuses %j', (_, type, values) => {
    for (const value of values) expect([value, accepts(type, value)]).toEqual([value, false]);
  });

  /** Texts that cause exponential backtracking in ambiguous patterns: a long repetition and an end that never matches. */
  it.each([
    ['Email', Email, ['a.'.repeat(126) + '@', 'a@' + 'a.'.repeat(126), 'a@' + 'a'.repeat(251) + '@', '@'.repeat(254)]],
    ['Phone', Phone, ['1 '.repeat(19) + 'x', ' '.repeat(39) + 'x', '-()./'.repeat(8), '1'.repeat(39) + 'x']],
    [
      'WebSite',
      WebSite,
      [
        'http://' + 'a.'.repeat(240) + ' x',
        'http://' + '.'.repeat(480),
        'http://' + 'a'.repeat(480) + ' x',
        'http://a.b/' + '/'.repeat(480) + ' x',
      ],
    ],
    ['Language', Language, ['aa' + '-aaaaaaaa'.repeat(3) + '-', 'a'.repeat(35)]],
  ])('%s refuses hostile texts of the maximum length without backtracking', (_, type, values) => {
    for (const value of values) expect(accepts(type, value)).toBe(false);
    for (const value of values) expect(accepts(type, value.repeat(20_000))).toBe(false);
  });

  it('for UUIDs takes only those that ids of events can be derived from', () => {
    const nearly = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
    fc.assert(
      fc.property(fc.stringMatching(nearly), (text) => {
        if (accepts(Uuid, text)) expect(eventId(text, 0)).toHaveLength(36);
      }),
    );
    for (const text of ['0', 'f'].map((digit) => `${digit.repeat(8)}${`-${digit.repeat(4)}`.repeat(3)}-${digit.repeat(12)}`)) {
      expect([accepts(Uuid, text), eventId(text, 0).length]).toEqual([true, 36]);
    }
  });

  it('for read models only can not be inputs', () => {
    for (const field of [MoneyByCurrencyField, DistributionField]) {
      expect(() => field.input).toThrow("is computed by read models; it can't be an input");
    }
  });
});
