/** What makes two requests the same command. */
import { describe, expect, it } from '@jest/globals';
import { Command, Creating } from '../../src/kernel/command.js';
import { Field } from '../../src/kernel/field.js';
import { Text } from '../../src/kernel/field-type.js';
import { commandHash } from '../../src/pipeline/command-hash.js';
import { lead } from '../../src/sales/lead.js';

/** The command `RegisterGuest` as two releases of the program have it: the later one takes one more field. */
function release(later: boolean) {
  class RegisterGuest extends Creating {
    readonly name!: string;
    readonly table?: string;
    decide() {
      return [];
    }
  }
  Field(Text(100))(RegisterGuest.prototype, 'name');
  if (later) Field(Text(100), { optional: true })(RegisterGuest.prototype, 'table');
  Command(lead, { may: [] })(RegisterGuest);
  return RegisterGuest;
}

describe('the hash of a command', () => {
  it('stays the same when a later release takes further fields, so that what was sent before may be sent again', () => {
    const [before, after] = [false, true].map((later) => commandHash(Object.assign(new (release(later))(), { name: 'Ana' })));
    expect(after).toBe(before);
  });

  it('differs with each field that is given', () => {
    const RegisterGuest = release(true);
    const of = (fields: object): string => commandHash(Object.assign(new RegisterGuest(), fields));
    expect(of({ name: 'Ana', table: 'four' })).not.toBe(of({ name: 'Ana' }));
    expect(of({ name: 'four' })).not.toBe(of({ table: 'four' }));
  });
});
