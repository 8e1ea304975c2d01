/** Dead letters: documents with an event that can't be applied, and the decisions of operators about them. */
import { afterEach, beforeEach, describe, expect, it, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { DeadLetterSkipped, DeadLettersRetried } from '../../contracts/operations/dead-letter.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import type { Change, Document, Projection } from '../../src/kernel/projection.js';
import type { Outcome } from '../../src/command-handling/command-handler.js';
import type { ViewReader } from '../../src/views/port/store.js';
import {
  DealMovedTo,
  DealOpened,
  DealRaised,
  deals,
  dealsInCents,
  DealWithdrawn,
  failing,
  AccountRenamed,
  nameless,
  tallies,
} from './deals.js';
import { overriding } from '../support/overriding.js';
import { openStage, type Stage } from './stage.js';

const by = { actor: 'olga' };
const opened = (account = 'a') => DealOpened({ account, name: 'Ana', amount: 10 });
const raised = (amount: number) => DealRaised({ by: amount });

/** The handlers have a bug: they throw on a raise by 13. */
const broken = failing(deals, ({ type, data }) => type === 'DealRaised' && (data as { readonly by: number }).by === 13);

describe('a dead letter', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await openStage();
  });

  afterEach(() => stage.close());

  /** The held-back events of a document, by position, with the error and the number of attempts. */
  const unapplied = async (projection: Projection, key: string) => {
    const [build] = await stage.builds(projection.model.name);
    const events = await stage.reader.unappliedEvents({ model: projection.model, number: build?.number }, key, { first: 100 });
    return events.map(({ position, error, attempts }) => [position, error, attempts]);
  };
  const deadLetterKeys = async (projection: Projection): Promise<readonly string[]> => {
    const [build] = await stage.builds(projection.model.name);
    const deadLetters = await stage.reader.deadLetters({ model: projection.model, number: build?.number }, { first: 100 });
    return deadLetters.map(({ first }) => first.key);
  };
  const retry = async (projections: readonly Projection[], key?: string): Promise<void> => {
    await stage.administration(projections).deadLetters.retry('deals', key, by);
    await stage.project(projections);
  };
  const skip = async (projections: readonly Projection[], key: string): Promise<void> => {
    await stage.leaveOut(projections, key);
    await stage.project(projections);
  };

  /** Deal 1 is a dead letter from its third event on, with two held back; deal 2 and the account are up to date. */
  const oneDeadLetter = async (pageSize = 2_000): Promise<void> => {
    await stage.happens('deal-1', opened(), raised(13), raised(1));
    await stage.happens('deal-2', opened(), raised(2));
    await stage.happens('deal-1', raised(4));
    await stage.project([broken, tallies], { pageSize });
  };

  it.each([1, 2, 2_000])('does not hold back other documents or read models, in pages of %i', async (pageSize) => {
    await oneDeadLetter(pageSize);
    expect(await stage.documents(broken)).toMatchObject({ 1: { total: 10 }, 2: { total: 12 } });
    expect(await stage.documents(tallies)).toEqual({ a: { account: 'a', deals: 2 } });
    expect(await unapplied(broken, '1')).toEqual([
      [2, 'no such stage', 1],
      [3, null, 0],
      [6, null, 0],
    ]);
    expect(await stage.builds('deals')).toMatchObject([{ state: 'live', position: 6, deadLetters: 1, error: null }]);
  });

  it('holds back further events, in order', async () => {
    await oneDeadLetter();
    await stage.happens('deal-1', raised(8));
    await stage.project([broken, tallies]);
    expect((await unapplied(broken, '1')).map(([position]) => position)).toEqual([2, 3, 6, 7]);
  });

  it('is applied at the original positions when it is retried with fixed handlers', async () => {
    await oneDeadLetter();
    await retry([deals, tallies], '1');
    expect(await stage.documents(deals)).toMatchObject({ 1: { total: 28 }, 2: { total: 12 } });
    expect(await stage.histories(deals)).toEqual(await stage.afresh(deals));
    expect(await deadLetterKeys(deals)).toEqual([]);
    await stage.happens('deal-1', raised(100));
    await stage.project([deals, tallies]);
    expect(await stage.documents(deals)).toMatchObject({ 1: { total: 128 } });
  });

  it('remains when it fails again, and the attempts are counted', async () => {
    await oneDeadLetter();
    const [, , before] = await stage
      .administration([broken])
      .deadLetters.get('deals', '1')
      .then(({ events }) => events);
    await retry([broken, tallies], '1');
    await retry([broken, tallies]);
    expect(await unapplied(broken, '1')).toEqual([
      [2, 'no such stage', 3],
      [3, null, 0],
      [6, null, 0],
    ]);
    const [, , now] = await stage
      .administration([broken])
      .deadLetters.get('deals', '1')
      .then(({ events }) => events);
    expect(now).toEqual(before);
  });

  it('is applied up to the next event that fails', async () => {
    await stage.happens('deal-1', opened(), raised(13), raised(1), raised(13), raised(2));
    await stage.project([broken]);
    await skip([broken], '1');
    expect(await stage.documents(broken)).toMatchObject({ 1: { total: 11 } });
    expect(await unapplied(broken, '1')).toEqual([
      [4, 'no such stage', 1],
      [5, null, 0],
    ]);
    const [, skipped, , waits] = await stage.log.readStream({ type: 'deal', id: '1' });
    const again = stage
      .administration([broken])
      .deadLetters.skip('deals', { key: '1', eventId: skipped?.id ?? '', reason: 'a typing error of 2018' }, by);
    await expect(again).rejects.toMatchObject({ name: 'StaleDecision', message: expect.stringContaining(waits?.id ?? '') });
    await skip([broken], '1');
    expect(await stage.documents(broken)).toMatchObject({ 1: { total: 13 } });
    expect(await stage.histories(broken)).toEqual(await stage.afresh(broken));
  });

  it('continues without a skipped event, and so does every later build', async () => {
    await oneDeadLetter();
    await skip([broken, tallies], '1');
    expect(await stage.documents(broken)).toMatchObject({ 1: { total: 15 }, 2: { total: 12 } });
    expect(await deadLetterKeys(broken)).toEqual([]);
    expect(await stage.histories(broken)).toEqual(await stage.afresh(broken));
    const [decision] = (await stage.log.readAll(0, 100, [DeadLetterSkipped.type])).events;
    expect(decision).toMatchObject({
      data: { readModel: 'deals', version: 1, key: '1', reason: 'a typing error of 2018' },
      metadata: { actor: 'olga', recordedAt: expect.any(String) },
    });
  });

  it('is retried with all others in one decision', async () => {
    for (const id of ['deal-1', 'deal-2', 'deal-3']) await stage.happens(id, opened(), raised(13));
    await stage.project([broken]);
    expect(await deadLetterKeys(broken)).toEqual(['1', '2', '3']);
    await retry([deals]);
    expect(await deadLetterKeys(deals)).toEqual([]);
    expect((await stage.log.readAll(0, 100, [DeadLettersRetried.type])).events).toHaveLength(1);
    expect(await stage.histories(deals)).toEqual(await stage.afresh(deals));
  });

  it('is resolved at the position of the decision, in pages of any size', async () => {
    await stage.happens('deal-1', opened(), raised(13), raised(1));
    await stage.project([broken]);
    await stage.leaveOut([broken], '1');
    await stage.happens('deal-1', raised(4), raised(13), raised(2));
    await stage.project([broken]);
    const expected = [
      [6, 'no such stage', 1],
      [7, null, 0],
    ];
    expect(await unapplied(broken, '1')).toEqual(expected);
    for (const pageSize of [1, 2, 3, 100]) {
      await stage.administration([broken]).rebuild('deals');
      await stage.project([broken], { pageSize });
      const records = await stage.builds('deals');
      const live = records.find(({ state }) => state === 'live');
      const events = await stage.reader.unappliedEvents({ model: broken.model, number: live?.number }, '1', { first: 10 });
      expect(events.map(({ position, error, attempts }) => [position, error, attempts])).toEqual(expected);
      expect(await stage.documents(broken)).toMatchObject({ 1: { total: 15 } });
    }
  });

  it('is resolved while the projector is running, and after a restart', async () => {
    await oneDeadLetter();
    const stop = stage.follow([deals, tallies]);
    const { position } = await stage.administration([deals]).deadLetters.retry('deals', '1', by);
    await stage.administration([deals]).deadLetters.waitFor('deals', position, 20_000);
    await stop();
    expect(await stage.histories(deals)).toEqual(await stage.afresh(deals));
    expect(await deadLetterKeys(deals)).toEqual([]);
  });

  it('is not resolved twice when the projector dies before its checkpoint', async () => {
    await oneDeadLetter();
    await stage.administration([deals]).deadLetters.retry('deals', '1', by);
    let commits = 0;
    const views = overriding(stage.writer, {
      commit: (batch) => (commits++ > 0 ? Promise.reject(new Error('killed')) : stage.writer.commit(batch)),
    });
    await expect(stage.project([deals, tallies], { views })).rejects.toThrow('killed');
    expect(await deadLetterKeys(deals)).toEqual([]);
    expect((await stage.builds('deals'))[0]?.position).toBe(6);
    await stage.project([deals, tallies]);
    expect(await stage.histories(deals)).toEqual(await stage.afresh(deals));
  });

  it('is shown with its build, its event and the held-back events; other documents are not found', async () => {
    await oneDeadLetter();
    const administration = stage.administration([broken, tallies]);
    expect(await administration.deadLetters.list()).toMatchObject([
      { build: { name: 'deals', version: 1, number: 1 }, key: '1', eventCount: 3, first: { position: 2, error: 'no such stage' } },
    ]);
    await expect(administration.deadLetters.retry('deals', '2', by)).rejects.toMatchObject({ name: 'NotFound', field: 'key' });
    await expect(administration.deadLetters.skip('deals', { key: '2', eventId: randomUUID(), reason: 'why' }, by)).rejects.toMatchObject({
      name: 'NotFound',
    });
    await expect(administration.deadLetters.retry('dealTallies', undefined, by)).rejects.toMatchObject({ name: 'NotFound' });
    await expect(administration.deadLetters.retry('tales', undefined, by)).rejects.toMatchObject({ name: 'NotFound', field: 'readModel' });
  });

  it.each([1, 1_000])('may have more than one page of events; in pages of %i', async (pageSize) => {
    await stage.happens('deal-1', opened(), raised(13), ...Array.from({ length: 1_200 }, () => raised(1)));
    await stage.project([broken], { pageSize: pageSize * 100 });
    expect((await stage.administration([broken]).deadLetters.list('deals'))[0]).toMatchObject({ eventCount: 1_201 });
    await retry([deals], '1');
    expect(await stage.documents(deals)).toMatchObject({ 1: { total: 1_223 } });
    expect(await stage.histories(deals)).toEqual(await stage.afresh(deals));
  });

  describe('because the store refuses the document', () => {
    const most = Number.MAX_SAFE_INTEGER;

    it.each([1, 2_000])(
      'waits like one whose handler throws, and fails again when it is tried again as it is, in pages of %i',
      async (pageSize) => {
        await stage.happens('deal-1', opened(), raised(most), raised(1));
        await stage.happens('deal-2', opened());
        await stage.project([deals], { pageSize });
        expect(await stage.documents(deals)).toMatchObject({ 1: { total: 10 }, 2: { total: 10 } });
        const refusal = (await unapplied(deals, '1'))[0]?.[1];
        expect(refusal).toEqual(expect.any(String));
        await retry([deals], '1');
        await retry([deals]);
        expect(await unapplied(deals, '1')).toEqual([
          [2, refusal, 3],
          [3, null, 0],
        ]);
        await skip([deals], '1');
        expect(await stage.documents(deals)).toMatchObject({ 1: { total: 11 } });
        expect(await stage.histories(deals)).toEqual(await stage.afresh(deals));
      },
    );
  });

  describe('because a handler returns an invalid result', () => {
    const unkept: Projection = { ...deals, model: { ...deals.model, history: false } };
    const answering = (projection: Projection, answer: (event: RecordedEvent) => unknown): Projection => ({
      ...projection,
      changes: (event) => {
        const wrong = event.type === 'DealRaised' && (event.data as { readonly by: number }).by === 13;
        return wrong ? (answer(event) as readonly Change[]) : projection.changes(event);
      },
    });
    /** What waits then: behind the wrong answer what is of the same document or stream, and nothing else. */
    const mustWait = async (wrong: Projection, key: string, error: RegExp): Promise<void> => {
      await stage.happens('deal-1', opened(), raised(13), raised(1));
      await stage.happens('deal-2', opened(), raised(2));
      await stage.project([tallies, wrong]);
      expect(await unapplied(wrong, key)).toEqual([
        [2, expect.stringMatching(error), 1],
        [3, null, 0],
      ]);
      expect(await stage.documents(wrong)).toMatchObject({ 1: { total: 10 }, 2: { total: 12 } });
      expect(await stage.builds()).toMatchObject([
        { name: 'dealTallies', position: 5 },
        { name: 'deals', position: 5, deadLetters: 1, error: null },
      ]);
      await retry([tallies, wrong], key);
      expect((await unapplied(wrong, key))[0]).toEqual([2, expect.stringMatching(error), 2]);
      await retry([tallies, { ...deals, model: wrong.model }], key);
      expect(await stage.documents(wrong)).toMatchObject({ 1: { total: 24 } });
      expect(await deadLetterKeys(wrong)).toEqual([]);
    };
    const same = (deal: Document | undefined): Document | undefined => deal && { ...deal };

    test.each<[what: string, answer: () => unknown, error: RegExp]>([
      [
        'a column that is not declared for it',
        () => [{ where: { column: 'total', value: 1 }, to: same }],
        /total is not declared with `filter`/,
      ],
      [
        'a value that is missing',
        () => [{ where: { column: 'account', value: undefined }, to: same }],
        /account is compared with a string/,
      ],
      ['a value of another type', () => [{ where: { column: 'account', value: 7 }, to: same }], /account is compared with a string/],
      ['nothing to choose by', () => [{ where: null, to: same }], /`where` of a change is null/],
      ['no key', () => [{ to: same }], /key of a change is undefined/],
      ['a key that is not text', () => [{ key: 7, to: same }], /key of a change is a value of type number/],
      ['one change too many that is none', () => [{ key: '1', to: same }, null], /a change is null/],
      ['nothing', () => undefined, /the handler returns undefined/],
      ['a promise', () => Promise.reject(new Error('too late')), /the handler returns a promise/],
    ])('is the whole stream when the handler names documents by %s', (_, answer, error) =>
      mustWait(answering(deals, answer), '@stream deal-1', error),
    );

    const circular = (deal: Document | undefined): Document => {
      const document: Record<string, unknown> = { ...deal };
      return Object.assign(document, { self: document });
    };
    const failing = {
      toJSON: (): never => {
        throw new Error('no such rate');
      },
    };
    const documents: readonly [what: string, to: (deal: Document | undefined) => unknown, error: RegExp][] = [
      ['one with a BigInt', (deal) => ({ ...deal, rate: 1n }), /written as JSON.*BigInt/],
      ['one that has itself within it', circular, /written as JSON.*circular/],
      ['one that fails when it is written', (deal) => ({ ...deal, rate: failing }), /written as JSON.*no such rate/],
      ['a promise', () => Promise.reject(new Error('too late')), /the handler returns a promise/],
      ['text', () => 'a deal', /the handler returns a value of type string/],
      ['a list', () => [], /the handler returns a list/],
    ];
    test.each(
      documents.flatMap(([what, to, error]) =>
        [deals, unkept].map((projection) => [what, projection.model.history, projection, to, error] as const),
      ),
    )('waits alone when the handler makes of it %s; past versions kept: %s', (_, __, projection, to, error) =>
      mustWait(
        answering(projection, () => [{ key: '1', to }]),
        '1',
        error,
      ),
    );

    it('begins with the event that made the document invalid, not with the last one of its page', async () => {
      const wrong = answering(unkept, () => [{ key: '1', to: (deal: Document) => ({ ...deal, rate: 1n }) }]);
      await stage.happens('deal-1', opened(), raised(1), raised(13), raised(2), raised(3));
      await stage.project([wrong]);
      expect((await unapplied(wrong, '1')).map(([position]) => position)).toEqual([3, 4, 5]);
      expect(await stage.documents(wrong)).toMatchObject({ 1: { total: 11 } });
    });

    it('is recorded when the thrown value has no text', async () => {
      const silent = answering(deals, () => {
        throw Object.create(null);
      });
      await mustWait(silent, '@stream deal-1', /something without a text was thrown/);
    });
  });

  describe('chosen by a column', () => {
    const renamed = (name: string) => AccountRenamed({ name });

    it('is changed by later events that select it, once the earlier ones are applied', async () => {
      await stage.happens('deal-1', opened('a'));
      await stage.happens('deal-2', opened('a'));
      await stage.happens('deal-3', opened('b'), raised(13), DealMovedTo({ account: 'a' }));
      await stage.happens('deal-1', raised(13), DealMovedTo({ account: 'b' }));
      await stage.happens('account-a', renamed('Maria'));
      await stage.happens('deal-3', raised(1));
      await stage.project([broken]);
      expect(await stage.documents(broken)).toMatchObject({
        1: { accountName: 'Ana' },
        2: { accountName: 'Maria' },
        3: { accountName: 'Ana' },
      });
      await retry([deals]);
      expect(await stage.documents(deals)).toMatchObject({
        1: { account: 'b', accountName: 'Ana', total: 23 },
        2: { account: 'a', accountName: 'Maria' },
        3: { account: 'a', accountName: 'Maria', total: 24 },
      });
      expect(await stage.histories(deals)).toEqual(await stage.afresh(deals));
    });

    it('is recorded for one document of an event that selects several; the others are changed', async () => {
      const own: Projection = failing(
        deals,
        ({ type, data }) => type === 'AccountRenamed' && (data as { readonly name: string }).name === 'Zoe',
      );
      await stage.happens('deal-1', opened('a'));
      await stage.happens('account-a', renamed('Zoe'));
      await stage.happens('deal-1', raised(1));
      await stage.happens('deal-2', opened('a'));
      await stage.project([own]);
      expect(await unapplied(own, '1')).toEqual([
        [2, 'no such stage', 1],
        [3, null, 0],
      ]);
      expect(await stage.documents(own)).toMatchObject({ 2: { accountName: 'Ana' } });
      await skip([own], '1');
      expect(await stage.documents(own)).toMatchObject({ 1: { accountName: 'Ana', total: 11 } });
      expect(await stage.histories(own)).toEqual(await stage.afresh(own));
    });

    it('is removed at the original position', async () => {
      await stage.happens('deal-1', opened('a'), raised(13), DealWithdrawn({}), opened('b'));
      await stage.project([broken]);
      await retry([deals], '1');
      expect(await stage.documents(deals)).toEqual({ 1: { id: '1', account: 'b', accountName: 'Ana', total: 10 } });
      expect(await stage.histories(deals)).toEqual(await stage.afresh(deals));
    });
  });

  describe('of events whose documents can not be determined', () => {
    const KEY = '@stream deal-1';
    const unnamed = nameless(deals, ({ type }) => type === 'DealMovedTo');

    const streamDeadLetter = async (): Promise<void> => {
      await stage.happens('deal-1', opened('a'), DealMovedTo({ account: 'b' }), raised(1));
      await stage.happens('deal-2', opened('a'));
      await stage.happens('deal-1', DealMovedTo({ account: 'c' }));
      await stage.happens('account-b', AccountRenamed({ name: 'Maria' }));
      await stage.project([unnamed]);
    };

    it('is the stream: other streams continue, and held-back events are applied at the position of the retry', async () => {
      await streamDeadLetter();
      expect(await unapplied(unnamed, KEY)).toEqual([
        [2, 'no such record', 1],
        [3, null, 0],
        [5, null, 0],
      ]);
      expect(await stage.documents(unnamed)).toMatchObject({ 1: { account: 'a', total: 10 }, 2: { total: 10 } });
      await retry([deals], KEY);
      expect(await stage.documents(deals)).toMatchObject({ 1: { account: 'c', total: 11 } });
      expect(await deadLetterKeys(deals)).toEqual([]);
      const versions = (await stage.histories(deals))[0]?.versions;
      expect(versions).toMatchObject([
        { since: 1, until: 7, document: { account: 'a' } },
        { since: 7, until: null, document: { account: 'c', total: 11 } },
      ]);
    });

    it('counts failed attempts, and skips one event after the other', async () => {
      await streamDeadLetter();
      await retry([unnamed], KEY);
      expect((await unapplied(unnamed, KEY))[0]).toEqual([2, 'no such record', 2]);
      await skip([unnamed], KEY);
      expect(await stage.documents(unnamed)).toMatchObject({ 1: { account: 'a', total: 11 } });
      expect(await unapplied(unnamed, KEY)).toEqual([[5, 'no such record', 1]]);
      await skip([unnamed], KEY);
      expect(await deadLetterKeys(unnamed)).toEqual([]);
      expect(await stage.histories(unnamed)).toEqual(await stage.afresh(unnamed));
    });

    it('is recorded when the version of an event is unknown to this program', async () => {
      await stage.happens('deal-1', opened('a'), { ...raised(1), version: 9 }, raised(2));
      await stage.happens('deal-2', opened('a'));
      await stage.project([deals]);
      expect((await unapplied(deals, KEY))[0]?.[1]).toMatch(/DealRaised version 9 is not known/);
      expect(await stage.documents(deals)).toMatchObject({ 2: { total: 10 } });
      await skip([deals], KEY);
      expect(await stage.documents(deals)).toMatchObject({ 1: { total: 12 } });
    });

    it("is distinguished from that of the stream's own document", async () => {
      const both = nameless(broken, ({ type }) => type === 'DealMovedTo');
      await stage.happens('deal-1', opened('a'), raised(13), raised(1), DealMovedTo({ account: 'b' }), raised(2));
      await stage.project([both]);
      expect(await deadLetterKeys(both)).toEqual(['1', KEY]);
      const mended = nameless(deals, ({ type }) => type === 'DealMovedTo');
      await retry([mended], '1');
      expect(await deadLetterKeys(mended)).toEqual([KEY]);
      expect(await stage.documents(mended)).toMatchObject({ 1: { account: 'a', total: 24 } });
      await retry([deals], KEY);
      expect(await stage.documents(deals)).toMatchObject({ 1: { account: 'b', total: 26 } });
    });

    it('is applied after that of the document when both are retried at once', async () => {
      const both = nameless(broken, ({ type }) => type === 'DealMovedTo');
      await stage.happens('deal-1', opened('a'), DealMovedTo({ account: 'b' }));
      await stage.happens('account-a', AccountRenamed({ name: 'Maria' }));
      const fail = (): never => {
        throw new Error('no such stage');
      };
      const own: Projection = {
        ...both,
        changes: (event: RecordedEvent) => (event.stream.id === 'x' ? [{ key: '1', to: fail }] : both.changes(event)),
      };
      await stage.happens('deal-x', raised(1));
      await stage.project([own]);
      expect(await deadLetterKeys(own)).toEqual(['1', KEY]);
      await retry([deals]);
      expect(await deadLetterKeys(deals)).toEqual([]);
      expect(await stage.documents(deals)).toMatchObject({ 1: { account: 'b' } });
    });

    it('is applied to documents that other streams also change, when all are retried at once', async () => {
      for (const id of [1, 2, 3]) await stage.happens(`deal-${id}`, opened('a'));
      await stage.happens('account-a', AccountRenamed({ name: 'Maria' }));
      await stage.happens('deal-1', raised(5), DealMovedTo({ account: 'b' }));
      await stage.happens('account-b', AccountRenamed({ name: 'Zoe' }));
      const nobody = nameless(tallies, ({ type, stream }) => type === 'DealOpened' && stream.id !== '3');
      const none = nameless(deals, ({ type }) => type !== 'DealOpened');
      await stage.project([nobody, none]);
      expect(await stage.documents(tallies)).toEqual({ a: { account: 'a', deals: 1 } });
      for (const name of ['deals', 'dealTallies']) await stage.administration([deals, tallies]).deadLetters.retry(name, undefined, by);
      await stage.project([deals, tallies]);
      expect(await stage.documents(tallies)).toEqual({ a: { account: 'a', deals: 3 } });
      expect(await stage.documents(deals)).toMatchObject({
        1: { account: 'b', accountName: 'Zoe', total: 15 },
        2: { accountName: 'Maria' },
        3: { accountName: 'Maria' },
      });
      expect((await stage.builds()).map(({ deadLetters }) => deadLetters)).toEqual([0, 0]);
    });

    it('remains when it fails: other streams and its own earlier events are applied', async () => {
      const most = Number.MAX_SAFE_INTEGER;
      await stage.happens('deal-1', opened('a'), DealMovedTo({ account: 'b' }), raised(1));
      await stage.happens('deal-2', opened('a'), DealMovedTo({ account: 'b' }), raised(most), raised(2));
      await stage.happens('deal-3', opened('a'), DealMovedTo({ account: 'c' }), raised(3));
      await stage.project([unnamed]);
      await retry([nameless(deals, ({ type, stream }) => type === 'DealMovedTo' && stream.id === '3')]);
      expect(await stage.documents(deals)).toMatchObject({
        1: { account: 'b', total: 11 },
        2: { account: 'b', total: 10 },
        3: { total: 10 },
      });
      expect(await unapplied(deals, '@stream deal-2')).toEqual([
        [6, expect.any(String), 1],
        [7, null, 0],
      ]);
      expect(await unapplied(deals, '@stream deal-3')).toEqual([
        [9, 'no such record', 2],
        [10, null, 0],
      ]);
      await skip([deals], '@stream deal-2');
      await retry([deals]);
      expect(await stage.documents(deals)).toMatchObject({ 2: { total: 12 }, 3: { account: 'c', total: 13 } });
      expect(await deadLetterKeys(deals)).toEqual([]);
    });

    it('is recorded when the store refuses a document: with the refused event, not with earlier ones', async () => {
      await stage.happens('deal-1', opened('a'), DealMovedTo({ account: 'b' }), raised(1), raised(Number.MAX_SAFE_INTEGER), raised(2));
      await stage.project([unnamed]);
      await retry([deals], KEY);
      expect(await stage.documents(deals)).toMatchObject({ 1: { account: 'b', total: 11 } });
      expect(await unapplied(deals, KEY)).toEqual([
        [4, expect.any(String), 1],
        [5, null, 0],
      ]);
      await skip([deals], KEY);
      expect(await stage.documents(deals)).toMatchObject({ 1: { account: 'b', total: 13 } });
    });
  });

  it('stops its build beyond the limit, with the reason in the register; other builds continue', async () => {
    for (let id = 1; id <= 4; id++) await stage.happens(`deal-${id}`, opened(), raised(13));
    const stopped: string[] = [];
    await stage.project([broken, tallies], { pageSize: 2, deadLetterLimit: 2, onStop: (build) => stopped.push(build) });
    const error = 'more than 2 dead letters: fix the handlers and raise the version of the read model, or drop this build and rebuild';
    expect(await stage.builds()).toMatchObject([
      { name: 'dealTallies', position: 8, error: null },
      { name: 'deals', position: 6, deadLetters: 3, error, rate: 0 },
    ]);
    expect(stopped).toEqual(['deals@1#1']);
    await stage.project([broken, tallies], { deadLetterLimit: 10 });
    expect((await stage.builds('deals'))[0]).toMatchObject({ position: 8, error: null, deadLetters: 4 });
  });

  it('is resolved in the live version, and the decision waits for that', async () => {
    await stage.happens('deal-1', opened(), raised(13), raised(1));
    await stage.project([broken]);
    const next = failing(dealsInCents, ({ type, data }) => type === 'DealRaised' && (data as { readonly by: number }).by === 13);
    await stage.project([broken, next]);
    const administration = stage.administration([broken, next]);
    expect((await administration.deadLetters.list('deals')).map(({ build }) => build.version)).toEqual([2, 1]);
    await stage.leaveOut([broken, next], '1');
    const { position } = await administration.deadLetters.retry('deals', '1', by);
    await stage.project([broken, next]);
    expect((await administration.deadLetters.list('deals')).map(({ build }) => build.version)).toEqual([1]);
    expect(await stage.documents(dealsInCents)).toMatchObject({ 1: { total: 11, cents: 1_100 } });
    // A build that is behind does not delay the decision.
    await administration.rebuild('deals');
    await expect(administration.deadLetters.waitFor('deals', position, 0)).resolves.toBeUndefined();
  });

  it('is resolved in the version where the given event is the first one, and in none otherwise', async () => {
    await stage.happens('deal-1', opened(), raised(13), raised(14));
    await stage.project([broken]);
    const next = failing(dealsInCents, ({ type, data }) => type === 'DealRaised' && (data as { readonly by: number }).by === 14);
    await stage.project([broken, next]);
    const [, thirteen, fourteen] = await stage.log.readStream({ type: 'deal', id: '1' });
    const administration = stage.administration([broken, next]);
    const leaveOutOf = async (eventId = '') => administration.deadLetters.skip('deals', { key: '1', eventId, reason: 'wrong' }, by);
    await leaveOutOf(thirteen?.id);
    await leaveOutOf(fourteen?.id);
    const decisions = (await stage.log.readAll(0, 100, [DeadLetterSkipped.type])).events;
    expect(decisions).toMatchObject([{ data: { version: 1, eventId: thirteen?.id } }, { data: { version: 2, eventId: fourteen?.id } }]);
    await stage.project([broken, next]);
    expect(await stage.documents(dealsInCents)).toMatchObject({ 1: { total: 23 } });
    await expect(leaveOutOf(fourteen?.id)).rejects.toMatchObject({ name: 'NotFound' });
  });

  describe('when a decision is sent again with its commandId', () => {
    const commandId = randomUUID();

    it('has its first result, although another version is live now', async () => {
      await stage.happens('deal-1', opened(), raised(13), raised(1));
      await stage.project([broken]);
      const first = await stage.administration([broken]).deadLetters.retry('deals', '1', by, commandId);
      const next = failing(dealsInCents, ({ type }) => type === 'DealRaised');
      await stage.project([broken, next]);
      const administration = stage.administration([broken, next]);
      expect((await administration.deadLetters.list('deals')).map(({ build }) => build.version)).toEqual([2, 1]);
      expect(await administration.deadLetters.retry('deals', '1', by, commandId)).toEqual({ ...first, appended: 0, repeated: true });
      await expect(administration.deadLetters.retry('deals', undefined, by, commandId)).rejects.toMatchObject({
        code: 'COMMAND_ID_REUSED',
      });
    });

    it('is not resolved twice when two servers get it at the same time', async () => {
      await oneDeadLetter();
      const [, eventId = ''] = (await stage.log.readStream({ type: 'deal', id: '1' })).map(({ id }) => id);
      const skip = { key: '1', eventId, reason: 'wrong' };
      // The other server has read the log before, and reads the dead letter after the decision was carried out.
      let decided: Outcome | undefined;
      const deadLetters: ViewReader['deadLetters'] = async (build, options) => {
        decided ??= await stage.administration([broken]).deadLetters.skip('deals', skip, by, commandId);
        await stage.project([broken, tallies]);
        return stage.reader.deadLetters(build, options);
      };
      const other = stage.administration([broken], overriding(stage.reader, { deadLetters }));
      expect(await other.deadLetters.skip('deals', skip, by, commandId)).toEqual({ ...decided, appended: 0, repeated: true });
      expect((await stage.log.readAll(0, 100, [DeadLetterSkipped.type])).events).toHaveLength(1);
    });
  });

  it('prevents an automatic cut-over of its build while the live one has fewer dead letters', async () => {
    const states = async () => (await stage.builds('deals')).map(({ state }) => state);
    const next = failing(dealsInCents, ({ type, data }) => type === 'DealRaised' && (data as { readonly by: number }).by === 13);
    await stage.happens('deal-1', opened(), raised(13));
    await stage.happens('deal-2', opened());
    await stage.project([deals]);
    await stage.project([deals, next]);
    expect(await states()).toEqual(['live', 'ready']);
    await skip([deals, next], '1');
    expect(await states()).toEqual(['retired', 'live']);
  });

  it('does not prevent a manual cut-over', async () => {
    await stage.happens('deal-1', opened(), raised(13));
    await stage.project([deals]);
    await stage.administration([broken]).rebuild('deals');
    await stage.project([broken]);
    await stage.administration([broken]).cutOver('deals');
    expect(await stage.builds('deals')).toMatchObject([
      { state: 'retired', deadLetters: 0 },
      { state: 'live', deadLetters: 1 },
    ]);
  });

  it('belongs to its version: a decision about one does not affect another', async () => {
    await oneDeadLetter();
    await stage.happens('deadLetter-other', DeadLettersRetried({ readModel: 'deals', version: 2, key: null }));
    await stage.happens(
      'deadLetter-third',
      DeadLetterSkipped({ readModel: 'dealTallies', version: 1, key: '1', eventId: randomUUID(), reason: 'x' }),
    );
    await stage.project([deals, tallies]);
    expect(await deadLetterKeys(deals)).toEqual(['1']);
  });
});
