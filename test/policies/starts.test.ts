/** A policy that begins now does not repeat history, and where it began stands in the log. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LeadRegistered } from '../../contracts/sales/lead.js';
import { policy, step } from '../../src/kernel/policy.js';
import { AssignLead, RegisterLead } from '../../src/sales/lead.js';
import { PolicyHost } from '../support/domain/policy-host.js';

const named = (name: string) =>
  policy({
    name,
    from: 'now',
    events: [LeadRegistered],
    on: {
      *LeadRegistered({ stream }) {
        yield step('assign', AssignLead, { id: stream.id, ownerId: 'bob' });
      },
    },
  });

/** Gives every lead that is registered from now on to Bob. */
const assigning = named('assigning');

const early = RegisterLead({ id: 'early', name: 'Ana', commandId: '0b7f1c52-8d5e-4a0b-9c63-0d3c1a5e7f10' });
const late = RegisterLead({ id: 'late', name: 'Dan' });

describe('a policy that begins now', () => {
  let host: PolicyHost;

  beforeEach(async () => {
    host = await PolicyHost.open();
    await host.send(early);
  });

  afterEach(() => host.close());

  const assigned = async (): Promise<readonly string[]> =>
    (await host.events()).filter(({ type }) => type === 'LeadAssigned').map(({ stream }) => stream.id);

  const begin = (): Promise<number> => host.startsOn().begin(assigning);

  it('reacts to what is recorded after its beginning alone', async () => {
    await begin();
    await host.send(late);
    await host.runToEnd(assigning);
    expect(await assigned()).toEqual(['late']);
  });

  it('does not go back when its checkpoint is lost', async () => {
    await begin();
    await host.send(late);
    await host.runToEnd(assigning);
    await host.loseCheckpoint(assigning);
    await host.runToEnd(assigning);
    expect(await assigned()).toEqual(['late']);
  });

  it.each(['before', 'after'])('does not react when a command from before is sent again %s it has begun', async (when) => {
    if (when === 'after') await begin();
    await host.send(early, host.reactAtOnce([assigning], host.newHandler()));
    expect(await assigned()).toEqual([]);
  });

  it('reacts at once to what is recorded before its runner has begun', async () => {
    await host.send(late, host.reactAtOnce([assigning], host.newHandler()));
    expect(await assigned()).toEqual(['late']);
  });

  it('notes in the log where it begins', async () => {
    expect(await begin()).toBe(1);
    expect((await host.events()).at(-1)).toMatchObject({
      type: 'PolicyStarted',
      stream: { type: 'policy', id: 'assigning' },
      data: { position: 1 },
      metadata: { actor: 'policy:assigning' },
    });
  });

  it('keeps its place when it begins again', async () => {
    await begin();
    await host.send(late);
    expect(await begin()).toBe(1);
    expect(await host.typesOf('policy')).toEqual(['PolicyStarted']);
  });

  it('notes one place when two processes begin it at once', async () => {
    const processes = [host.startsOn(host.newHandler()), host.startsOn(host.newHandler())];
    expect(await Promise.all(processes.map((starts) => starts.begin(assigning)))).toEqual([1, 1]);
    expect(await host.typesOf('policy')).toEqual(['PolicyStarted']);
  });

  it.each(['', 'lead conversion', '-now', 'a'.repeat(65)])('can not be named "%s": its name is the id of a record', (name) => {
    expect(() => named(name)).toThrow(TypeError);
  });
});
