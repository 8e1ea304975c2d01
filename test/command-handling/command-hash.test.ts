/** When two requests are the same command. */
import { describe, expect, it } from '@jest/globals';
import { List, Nested, OneOf, Text, User, type Fields } from '../../contracts/fields/index.js';
import { LeadRegistered } from '../../contracts/sales/lead.js';
import { commandHash } from '../../src/command-handling/command-hash.js';
import { lead } from '../../src/sales/lead.js';

const unknown = { company: null, email: null, phone: null, interest: null, origin: null, campaignId: null, ownerId: 'ana' };
const first = { name: Text(100) };
const further = { ...first, table: Text(100).optional(), menu: Text(100).default('the day'), hostId: User.optional() };

/** The command `RegisterGuest` in two releases of the program: the later one has more fields. */
const before = lead.creates('RegisterGuest', {
  description: 'Registers a guest.',
  input: first,
  decide: ({ name }) => [LeadRegistered({ ...unknown, name })],
});
const after = lead.creates('RegisterGuest', {
  description: 'Registers a guest.',
  input: further,
  decide: ({ name }) => [LeadRegistered({ ...unknown, name })],
});

describe('the hash of a command', () => {
  it('stays the same when a later release adds fields, so that earlier commands may be repeated', () => {
    expect(commandHash(after({ name: 'Ana' }))).toBe(commandHash(before({ name: 'Ana' })));
  });

  it('stays the same when a later release adds fields to an object in the input, in a list, or in one of several', () => {
    const more = { ...first, table: Text(100).optional(), menu: Text(100).default('the day'), wishes: List(Text(100), 9).default([]) };
    const release = (fields: Fields) => {
      const guest = Nested('Guest', 'A guest.', fields);
      return lead.creates('SeatGuests', {
        description: 'Seats guests.',
        input: { guest, guests: List(guest, 9), host: OneOf('Host', 'A host.', { known: User, guest }) },
        decide: () => [LeadRegistered({ ...unknown, name: 'Ana' })],
      });
    };
    const ana = { name: 'Ana' };
    const input = { guest: ana, guests: [ana, ana], host: { guest: ana } };
    const [old, now] = [release(first), release(more)];
    expect(commandHash(now.from(input))).toBe(commandHash(old.from(input)));
    const others = [
      { ...input, guest: { ...ana, menu: 'four' } },
      { ...input, guests: [ana, { ...ana, wishes: ['four'] }] },
      { ...input, guests: [{ ...ana, wishes: ['four'] }, ana] },
      { ...input, host: { guest: { ...ana, table: 'four' } } },
      { ...input, host: { known: 'ana' } },
    ];
    expect(new Set([input, ...others].map((each) => commandHash(now.from(each)))).size).toBe(others.length + 1);
  });

  it('differs by each given field', () => {
    const given = [
      { name: 'Ana' },
      { name: 'Ana', table: 'four' },
      { name: 'four' },
      { name: 'Ana', menu: 'four' },
      { name: 'Ana', hostId: 'four' },
    ];
    expect(new Set(given.map((input) => commandHash(after(input)))).size).toBe(given.length);
  });

  it('treats a given default like one that is left out', () => {
    expect(commandHash(after({ name: 'Ana', menu: 'the day' }))).toBe(commandHash(after({ name: 'Ana' })));
  });
});
