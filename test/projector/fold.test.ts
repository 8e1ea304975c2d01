/** What a page of events makes of documents: given what is stored and what waits, when events come, then these documents change, these wait. */
import { describe, expect, it } from '@jest/globals';
import type { NewEvent } from '../../contracts/event.js';
import { parseStreamName, type RecordedEvent } from '../../src/kernel/event.js';
import type { Change, Document, Projection } from '../../src/kernel/projection.js';
import { fold, refusalOf, type FoldInput, type Folded } from '../../src/projector/fold.js';
import { streamKey } from '../../src/projector/dead-letter.js';
import type { StoredDocument } from '../../src/views/port/documents.js';
import { recordedAs } from '../support/domain/given.js';
import { AccountRenamed, DealMovedTo, DealOpened, DealRaised, deals, DealWithdrawn, failing, nameless } from './deals.js';

const NOW = '2018-03-01T12:00:00.000Z';

/** An event of a stream such as `deal-1`, at a position. */
const at = (position: number, stream: string, event: NewEvent): RecordedEvent =>
  recordedAs(event, parseStreamName(stream), position, position, NOW);

const deal = (id: string, account: string, total = 10): Document => ({ id, account, accountName: 'Ana', total });
const opened = (account: string) => DealOpened({ account, name: 'Ana', amount: 10 });

interface Given {
  readonly stored?: Readonly<Record<string, StoredDocument>>;
  readonly deadLetters?: readonly string[];
  readonly refused?: FoldInput['refused'];
  readonly only?: string;
}

async function folded(projection: Projection, events: readonly RecordedEvent[], given: Given = {}): Promise<Folded> {
  const { stored = {}, deadLetters = [], refused = new Map(), only } = given;
  return fold({
    projection,
    events: events.map((event) => ({ event, current: event })),
    documents: {
      load: async (keys) => new Map([...keys].map((key) => [key, stored[key] ?? null])),
      find: async (column, value) => Object.keys(stored).filter((key) => stored[key]?.document?.[column] === value),
    },
    deadLetters: new Set(deadLetters),
    refused,
    now: NOW,
    ...(only === undefined ? {} : { only }),
  });
}

/** Position and key of what changed, and of what waits with its error. */
const told = ({ changes, deadLetterChanges }: Folded) => ({
  changes: changes.map(({ position, key }) => [position, key]),
  deadLetters: deadLetterChanges.map((change) => [change.position, change.key, 'done' in change ? 'done' : change.error]),
});

/** The same read model, with a handler of its own for one event type. */
const also = (type: string, own: (event: RecordedEvent) => readonly Change[]): Projection => ({
  ...deals,
  changes: (event) => (event.type === type ? own(event) : deals.changes(event)),
});

const fail = (): never => {
  throw new Error('no such stage');
};

describe('a page of events', () => {
  it('changes the documents that the events name, each at its position', async () => {
    const events = [
      at(1, 'deal-1', opened('a')),
      at(2, 'deal-2', opened('a')),
      at(3, 'deal-1', DealRaised({ by: 5 })),
      at(4, 'deal-2', DealWithdrawn({})),
    ];
    const { changes } = await folded(deals, events);
    expect(changes).toEqual([
      { key: '1', position: 1, document: deal('1', 'a') },
      { key: '2', position: 2, document: deal('2', 'a') },
      { key: '1', position: 3, document: deal('1', 'a', 15) },
      { key: '2', position: 4, document: null },
    ]);
  });

  it('makes one change of each document of a read model that keeps no past versions', async () => {
    const plain: Projection = { ...deals, model: { ...deals.model, history: false } };
    const { changes } = await folded(plain, [at(1, 'deal-1', opened('a')), at(3, 'deal-1', DealRaised({ by: 5 }))]);
    expect(changes).toEqual([{ key: '1', position: 3, document: deal('1', 'a', 15) }]);
  });

  it('leaves alone what the store holds from a try before', async () => {
    const stored = { '1': { document: deal('1', 'a', 15), position: 3 } };
    const events = [at(2, 'deal-1', DealRaised({ by: 1 })), at(3, 'deal-1', DealRaised({ by: 4 })), at(4, 'deal-1', DealRaised({ by: 2 }))];
    expect((await folded(deals, events, { stored })).changes).toEqual([{ key: '1', position: 4, document: deal('1', 'a', 17) }]);
  });

  it('writes nothing where a handler gives back the same document, or removes one that is not there', async () => {
    const same = also('DealRaised', ({ stream: { id } }) => [{ key: id, to: (document) => document }]);
    const stored = { '1': { document: deal('1', 'a'), position: 1 } };
    const events = [at(2, 'deal-1', DealRaised({ by: 1 })), at(3, 'deal-9', DealWithdrawn({}))];
    expect(told(await folded(same, events, { stored }))).toEqual({ changes: [], deadLetters: [] });
  });
});

describe('documents chosen by a column', () => {
  const renamed = AccountRenamed({ name: 'Maria' });

  it('are those of the store and of this page that have the value when the event comes', async () => {
    const stored = {
      '1': { document: deal('1', 'a'), position: 1 },
      '2': { document: deal('2', 'a'), position: 1 },
      '3': { document: deal('3', 'b'), position: 1 },
    };
    const events = [
      at(5, 'deal-2', DealMovedTo({ account: 'b' })),
      at(6, 'deal-3', DealMovedTo({ account: 'a' })),
      at(7, 'deal-4', opened('a')),
      at(8, 'account-a', renamed),
      at(9, 'deal-5', opened('a')),
    ];
    const { changes } = await folded(deals, events, { stored });
    expect(
      changes
        .filter(({ position }) => position === 8)
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['1', '3', '4']);
    expect(changes.filter(({ position }) => position === 8).every(({ document }) => document?.['accountName'] === 'Maria')).toBe(true);
  });

  it('are removed as well', async () => {
    const stored = { '1': { document: deal('1', 'a'), position: 1 }, '2': { document: deal('2', 'b'), position: 1 } };
    const closing = also('AccountRenamed', ({ stream: { id } }) => [{ where: { column: 'account', value: id }, to: () => undefined }]);
    const { changes } = await folded(closing, [at(2, 'account-a', renamed), at(3, 'account-a', renamed)], { stored });
    expect(changes).toEqual([{ key: '1', position: 2, document: null }]);
  });

  it('have the event wait behind every document that waits, for its value is not known yet', async () => {
    const stored = { '1': { document: deal('1', 'a'), position: 1 }, '2': { document: deal('2', 'b'), position: 1 } };
    const events = [at(5, 'account-a', renamed)];
    expect(told(await folded(deals, events, { stored, deadLetters: ['2', streamKey(at(1, 'deal-7', renamed))] }))).toEqual({
      changes: [[5, '1']],
      deadLetters: [[5, '2', null]],
    });
  });

  it('park one by one when the handler throws, each with the error', async () => {
    const stored = { '1': { document: deal('1', 'a'), position: 1 }, '2': { document: deal('2', 'a'), position: 1 } };
    const broken = failing(deals, ({ type }) => type === 'AccountRenamed');
    const events = [at(5, 'account-a', renamed), at(6, 'deal-1', DealRaised({ by: 1 }))];
    expect(told(await folded(broken, events, { stored }))).toEqual({
      changes: [],
      deadLetters: [
        [5, '1', 'no such stage'],
        [5, '2', 'no such stage'],
        [6, '1', null],
      ],
    });
  });
});

describe('a handler that throws', () => {
  const broken = failing(deals, ({ type, data }) => type === 'DealRaised' && (data as { readonly by: number }).by === 13);

  it('parks that document, and what comes for it later waits in order; the others go on', async () => {
    const events = [
      at(1, 'deal-1', opened('a')),
      at(2, 'deal-2', opened('a')),
      at(3, 'deal-1', DealRaised({ by: 13 })),
      at(4, 'deal-2', DealRaised({ by: 1 })),
      at(5, 'deal-1', DealRaised({ by: 2 })),
      at(6, 'deal-1', DealWithdrawn({})),
    ];
    const result = await folded(broken, events);
    expect(told(result)).toEqual({
      changes: [
        [1, '1'],
        [2, '2'],
        [4, '2'],
      ],
      deadLetters: [
        [3, '1', 'no such stage'],
        [5, '1', null],
        [6, '1', null],
      ],
    });
    expect(result.deadLetterChanges[0]).toMatchObject({
      attempts: 1,
      since: NOW,
      type: 'DealRaised',
      stream: { type: 'deal', id: '1' },
      revision: 3,
    });
    expect(result.deadLetterChanges[1]).toMatchObject({ attempts: 0 });
    expect(result.documents.get('1')).toEqual({ document: deal('1', 'a'), position: 1 });
    expect([...result.deadLetters]).toEqual(['1']);
  });

  it('takes back what the same event did to the document before', async () => {
    const twice = also('DealRaised', ({ stream: { id } }) => [
      { key: id, to: (document) => ({ ...document, total: 99 }) },
      { key: `copy of ${id}`, to: () => deal('copy', 'a') },
      { key: id, to: fail },
      { key: id, to: (document) => ({ ...document, total: 98 }) },
    ]);
    for (const history of [true, false]) {
      const projection = { ...twice, model: { ...twice.model, history } };
      const result = await folded(projection, [at(1, 'deal-1', opened('a')), at(2, 'deal-1', DealRaised({ by: 1 }))]);
      expect(told(result)).toEqual({
        changes: [
          [1, '1'],
          [2, 'copy of 1'],
        ],
        deadLetters: [[2, '1', 'no such stage']],
      });
      expect(result.documents.get('1')).toEqual({ document: deal('1', 'a'), position: 1 });
    }
  });

  it('parks the stream where the documents can not even be named, and nothing else', async () => {
    const unnamed = nameless(deals, ({ type }) => type === 'DealMovedTo');
    const events = [
      at(1, 'deal-1', opened('a')),
      at(2, 'deal-1', DealMovedTo({ account: 'b' })),
      at(3, 'deal-1', DealRaised({ by: 1 })),
      at(4, 'account-a', AccountRenamed({ name: 'Maria' })),
      at(5, 'deal-2', opened('a')),
    ];
    const stream = '@stream deal-1';
    expect(told(await folded(unnamed, events))).toEqual({
      changes: [
        [1, '1'],
        [4, '1'],
        [5, '2'],
      ],
      deadLetters: [
        [2, stream, 'no such record'],
        [3, stream, null],
      ],
    });
  });

  it('makes every change known once the store refused one, where it keeps no past versions: so the first is found', async () => {
    const plain: Projection = { ...deals, model: { ...deals.model, history: false } };
    const events = [at(1, 'deal-1', opened('a')), at(2, 'deal-1', DealRaised({ by: 5 })), at(3, 'deal-1', DealRaised({ by: 1 }))];
    expect(told(await folded(plain, events, { refused: new Map([[refusalOf('1', 3), 'it can not be written']]) }))).toEqual({
      changes: [
        [1, '1'],
        [2, '1'],
      ],
      deadLetters: [[3, '1', 'it can not be written']],
    });
  });

  it('takes what the store refused for a handler that throws', async () => {
    const events = [at(1, 'deal-1', opened('a')), at(2, 'deal-1', DealRaised({ by: 1 })), at(3, 'deal-1', DealRaised({ by: 2 }))];
    expect(told(await folded(deals, events, { refused: new Map([[refusalOf('1', 2), 'total is beyond 2^53 - 1']]) }))).toEqual({
      changes: [[1, '1']],
      deadLetters: [
        [2, '1', 'total is beyond 2^53 - 1'],
        [3, '1', null],
      ],
    });
  });
});

describe('one document alone', () => {
  it('is folded as if the others were not there, also while its stream waits', async () => {
    const stored = { '1': { document: deal('1', 'a'), position: 1 }, '2': { document: deal('2', 'a'), position: 1 } };
    const events = [
      at(5, 'deal-1', DealRaised({ by: 1 })),
      at(6, 'deal-2', DealRaised({ by: 1 })),
      at(7, 'account-b', AccountRenamed({ name: 'Joe' })),
      at(8, 'account-a', AccountRenamed({ name: 'Maria' })),
    ];
    const result = await folded(deals, events, { stored, deadLetters: ['@stream deal-1', '2'], only: '1' });
    expect(told(result)).toEqual({
      changes: [
        [5, '1'],
        [8, '1'],
      ],
      deadLetters: [],
    });
  });
});
