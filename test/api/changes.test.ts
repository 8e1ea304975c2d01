/** Changes of read models whose projections do what those of this program do not: change many documents at once, keep no past, wait. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GraphQLError, parse, type ExecutionResult } from 'graphql';
import { leadEvents } from '../../contracts/sales/lead.js';
import { Id, Text } from '../../contracts/fields/index.js';
import { contractOf } from '../../src/api/contract.js';
import { ApiContext, type ApiServices } from '../../src/api/graphql/context.js';
import { liveAnswers, SourceFailed, type LiveAnswers } from '../../src/api/subscriptions/live-answers.js';
import { domain } from '../../src/domain.js';
import { projectionOfMany, type Projection } from '../../src/kernel/projection.js';
import { readModel } from '../../src/kernel/read-model.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import type { EventLog } from '../../src/log/port.js';
import { Projector } from '../../src/projector/projector.js';
import { openEmbeddedViewReader, openEmbeddedViewWriter } from '../../src/views/embedded.js';
import type { ViewReader, ViewWriter } from '../../src/views/port/store.js';
import { ServedViews } from '../../src/views/serving/served-views.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { noted } from '../support/log/log-events.js';

const columns = { id: Id, name: Text(100), ownerId: Text(100) };
const cardModel = readModel('cards', { version: 1, description: 'A card.', one: 'card', columns, filter: ['ownerId'] });
const nextCardModel = readModel('cards', { version: 2, description: 'A card.', one: 'card', columns: { id: Id, title: Text(100) } });
const noteModel = readModel('notes', {
  version: 1,
  description: 'A note.',
  one: 'note',
  history: false,
  columns: { id: Id, ownerId: Text(100) },
  filter: ['ownerId'],
});

/** Whether handlers of cards can't take a revision. */
let broken = false;

/** Who is assigned a lead becomes the name of all cards of the lead's owner before; a disqualified lead's card is removed. */
const cards = projectionOfMany(cardModel, leadEvents, {
  LeadRegistered: ({ stream: { id }, data: { name, ownerId } }) => [{ key: id, to: () => ({ id, name, ownerId }) }],
  LeadRevised: ({ stream: { id }, data }) => [
    {
      key: id,
      to: (card) => {
        if (broken) throw new RangeError('no revisions today');
        return card && { ...card, name: data.name ?? card.name };
      },
    },
  ],
  LeadAssigned: ({ data: { ownerId } }) => [
    { where: { column: 'ownerId', value: ownerId }, to: (card) => ({ ...card, name: `of ${ownerId}` }) },
  ],
  LeadDisqualified: ({ stream: { id } }) => [{ key: id, to: () => undefined }],
});

const nextCards = projectionOfMany(nextCardModel, leadEvents, {
  LeadRegistered: ({ stream: { id }, data: { name } }) => [{ key: id, to: () => ({ id, title: name }) }],
});

const notes = projectionOfMany(noteModel, leadEvents, {
  LeadRegistered: ({ stream: { id }, data: { ownerId } }) => [{ key: id, to: () => ({ id, ownerId }) }],
  LeadAssigned: ({ stream: { id }, data: { ownerId } }) => [{ key: id, to: (note) => note && { ...note, ownerId } }],
});

describe('what changed', () => {
  let folder: Folder;
  let log: EventLog;
  let writer: ViewWriter;
  let views: ViewReader;
  let served: ServedViews;
  let projector: Projector;
  let open: LiveAnswers[];
  const revisions = new Map<string, number>();

  const project = (...projections: readonly Projection[]): void => {
    projector = new Projector({ log, views: writer, reader: views, projections, graceMs: 0 });
  };

  beforeEach(async () => {
    folder = temporaryFolder();
    log = openEmbeddedLog({ file: folder.events });
    writer = await openEmbeddedViewWriter({ file: folder.views });
    views = await openEmbeddedViewReader({ file: folder.views, threads: 0 });
    project(cards, notes);
    await projector.catchUp();
    served = new ServedViews(
      views,
      [cards, nextCards, notes].map(({ model }) => model),
    );
    await served.start();
    open = [];
    broken = false;
    revisions.clear();
  });

  afterEach(async () => {
    await Promise.all(open.map((answers) => answers.return()));
    served.stop();
    await views.close();
    await writer.close();
    await log.close();
    folder.remove();
  });

  /** Appends an event of a lead, and projects it. @returns its position */
  const happens = async (id: string, type: string, data: object = {}, stream = 'lead'): Promise<number> => {
    const expected = revisions.get(id) ?? 'none';
    const { revision, position } = await log.append({ type: stream, id }, expected, [noted(data, { type })]);
    revisions.set(id, revision);
    await projector.catchUp();
    return position;
  };

  const registered = (id: string, ownerId: string): Promise<number> => happens(id, 'LeadRegistered', { name: id, ownerId });

  const decided = (key: string | null): Promise<number> =>
    happens('decision', 'DeadLettersRetried', { readModel: 'cards', version: 1, key }, 'deadLetter');

  const follow = async (query: string, projections: readonly Projection[] = [cards, notes]): Promise<LiveAnswers> => {
    const services: Partial<ApiServices> = {
      log,
      definitions: domain.definitions,
      views,
      served,
      minPositionTimeoutMs: 1_000,
      slowClient: { ms: 1_000, events: 0 },
    };
    const contextValue = new ApiContext(services as ApiServices, { actor: 'ana' });
    const answers = await liveAnswers({ schema: contractOf(domain, projections), document: parse(query), contextValue });
    if (!('next' in answers)) throw new Error(String(answers));
    open.push(answers);
    return answers;
  };

  const next = async (answers: LiveAnswers): Promise<unknown> => {
    const { value } = (await answers.next()) as { readonly value?: ExecutionResult };
    if (!value?.data) throw new Error(JSON.stringify(value));
    return Object.values(JSON.parse(JSON.stringify(value.data)) as object)[0];
  };

  /** The error that ends a subscription. */
  const endOf = async (answers: LiveAnswers): Promise<unknown> => {
    const failure: unknown = await answers.next().then(
      (answer) => answer,
      (thrown: unknown) => thrown,
    );
    if (failure instanceof SourceFailed && failure.cause instanceof GraphQLError) return failure.cause.extensions;
    throw new Error(`It went on: ${JSON.stringify(failure)}`);
  };

  const CARDS = 'subscription { cardChanged { id card { name } } }';

  it('is every document that held the value when the event came, and no other', async () => {
    await registered('one', 'ana');
    await registered('two', 'ion');
    await registered('three', 'ana');
    const answers = await follow(CARDS);
    await happens('two', 'LeadAssigned', { ownerId: 'ana' });
    expect([await next(answers), await next(answers)]).toEqual([
      { id: 'one', card: { name: 'of ana' } },
      { id: 'three', card: { name: 'of ana' } },
    ]);
    await happens('two', 'LeadRevised', { name: 'changed' });
    expect(await next(answers)).toEqual({ id: 'two', card: { name: 'changed' } });
  });

  it('tells of a removed document once, where it matched, and not where it never did', async () => {
    const answers = await follow('subscription { cardChanged(where: { ownerId: { eq: "ana" } }, after: "0") { id card { name } } }');
    await registered('one', 'ana');
    expect(await next(answers)).toEqual({ id: 'one', card: { name: 'one' } });
    await registered('two', 'ion');
    await happens('two', 'LeadDisqualified');
    await happens('one', 'LeadDisqualified');
    expect(await next(answers)).toEqual({ id: 'one', card: null });
  });

  it('of a read model without a past, is null for whatever does not match', async () => {
    const answers = await follow('subscription { noteChanged(where: { ownerId: { eq: "ana" } }, after: "0") { id note { ownerId } } }');
    await registered('one', 'ana');
    expect(await next(answers)).toEqual({ id: 'one', note: { ownerId: 'ana' } });
    await happens('one', 'LeadAssigned', { ownerId: 'ion' });
    expect(await next(answers)).toEqual({ id: 'one', note: null });
  });

  it('given a document that waits, when it is tried again, then it is told; of all at once it can’t be told', async () => {
    await registered('one', 'ana');
    broken = true;
    await happens('one', 'LeadRevised', { name: 'late' });
    const answers = await follow('subscription { cardChanged { id position card { name } } }');
    broken = false;
    const position = await decided('one');
    expect(await next(answers)).toEqual({ id: 'one', position: String(position), card: { name: 'late' } });
    const all = await decided(null);
    expect(await endOf(answers)).toEqual({ code: 'READ_AGAIN', resumeAfter: String(all) });
  });

  it('given a version that another took the place of, then it goes on, until that version is dropped', async () => {
    await registered('one', 'ana');
    const answers = await follow(CARDS);
    project(cards, nextCards, notes);
    await projector.catchUp();
    await happens('one', 'LeadRevised', { name: 'still told' });
    expect((await views.builds()).map(({ name, version, state }) => `${name} ${version} ${state}`)).toEqual(
      expect.arrayContaining(['cards 1 retired', 'cards 2 live']),
    );
    expect(await next(answers)).toEqual({ id: 'one', card: { name: 'still told' } });
    const [build] = (await views.builds()).filter(({ name, version }) => name === 'cards' && version === 1);
    if (!build) throw new Error('The version is gone.');
    await writer.drop(build);
    project(nextCards, notes);
    const position = await happens('one', 'LeadRevised', { name: 'not told' });
    expect(await endOf(answers)).toEqual({ code: 'READ_AGAIN', resumeAfter: String(position) });
  });
});
