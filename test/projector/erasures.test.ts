/** Erasures that a projector was stopped at, and of documents with a past as dead letters. */
import { expect, test } from '@jest/globals';
import { servedBuild } from '../../src/views/serving/versions.js';
import { AssignContact, EraseContact, RegisterContact, ReviseContact } from '../../src/parties/contact.js';
import { People, program } from '../support/erasure/people.js';
import { dying, unlessKilled } from '../support/read-models/dying-writer.js';
import { everythingIn } from '../support/read-models/read-models.js';

test.each([1, 2, 100])('two that were begun on one page are completed by a projector with pages of %d events', async (pageSize) => {
  const people = await People.begin();
  try {
    for (const id of ['1', '2']) await people.execute(RegisterContact({ id, name: `zq${id}` }));
    await people.projector().catchUp();
    await people.execute(ReviseContact({ id: '1', jobRole: 'zq-smith' }));
    for (const id of ['1', '2']) await people.execute(EraseContact({ id, ground: 'request' }));
    await unlessKilled(people.projector(dying(people.writer, 0, true)).catchUp());
    await people.projector(people.writer, people.reader, pageSize).catchUp();

    const [contacts] = program;
    const held = await everythingIn(people.reader, servedBuild(await people.reader.builds(), contacts!.model));
    expect(held.documents.map(({ key, versions }) => [key, versions.length])).toEqual([
      ['1', 3],
      ['2', 2],
    ]);
    expect(JSON.stringify(held)).not.toContain('zq');
  } finally {
    await people.end();
  }
});

test('an event that an operator had skipped stays skipped', async () => {
  const people = await People.begin();
  try {
    await people.execute(RegisterContact({ id: '1', name: 'zq1' }));
    await people.execute(AssignContact({ id: '1', ownerId: 'nobody' }));
    await people.projector().catchUp();
    await people.skip('1', 'zq-reason');
    await people.execute(ReviseContact({ id: '1', jobRole: 'zq-smith' }));
    await people.projector().catchUp();
    await people.execute(EraseContact({ id: '1', ground: 'request' }));
    await people.projector().catchUp();

    const [contacts] = program;
    const held = await everythingIn(people.reader, servedBuild(await people.reader.builds(), contacts!.model));
    expect(held).toMatchObject({ documents: [{ key: '1', versions: [{}, {}, {}] }], waiting: [] });
    expect(JSON.stringify(held)).not.toContain('zq');
  } finally {
    await people.end();
  }
});
