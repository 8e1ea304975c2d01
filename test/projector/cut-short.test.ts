/** A decision about events that wait comes to the same on MongoDB, at whichever of its writes the projector that carries it out is cut off. */
import { afterAll, expect, it, jest } from '@jest/globals';
import { Collection, MongoNetworkError } from 'mongodb';
import { ViewsUnavailable } from '../../src/views/port/query-errors.js';
import { openMongoViewReader, openMongoViewWriter } from '../../src/views/mongo.js';
import { dropDatabase } from '../support/engines/mongo-database.js';
import { mongoForTests } from '../support/engines/secantus.js';
import { AccountRenamed, DealMovedTo, DealOpened, DealRaised, deals, failing, nameless } from './deals.js';
import { openStage, type Stage } from './stage.js';

jest.setTimeout(120_000);

const server = await mongoForTests();
const onMongo = server ? it : it.skip;
afterAll(async () => server?.stop());

const isThirteen = ({ data }: { readonly data: unknown }): boolean => (data as { readonly by?: number }).by === 13;
/** Nothing but openings is taken at first; then all but the raises by 13. */
const [before, after] = [nameless(deals, ({ type }) => type !== 'DealOpened'), failing(deals, isThirteen)];
const holder = 'elsewhere 1 projector';

/** What comes of a decision whose n-th write and all after it fail, and of the next projector; and whether it makes so many. */
async function cutOff(at: number): Promise<{ readonly outcome: unknown; readonly cut: boolean }> {
  const url = server!.url();
  const stage = await openStage({ writer: await openMongoViewWriter({ url }), reader: await openMongoViewReader({ url }) });
  try {
    for (const id of [1, 2]) await stage.happens(`deal-${id}`, DealOpened({ account: 'a', name: 'Ana', amount: 10 }));
    await stage.happens('deal-1', DealMovedTo({ account: 'b' }), DealRaised({ by: 13 }), DealRaised({ by: 1 }));
    await stage.happens('account-b', AccountRenamed({ name: 'Zoe' }));
    await stage.happens('deal-2', DealRaised({ by: 2 }), DealMovedTo({ account: 'c' }));
    await stage.project([before]);
    await stage.administration([after]).deadLetters.retry('deals', undefined, { actor: 'olga' });
    const cut = await projectUntil(at, stage);
    await stage.project([after], { holder });
    return { outcome: await told(stage), cut };
  } finally {
    await stage.close();
    await dropDatabase(url);
  }
}

/** @returns whether it came to its n-th write */
async function projectUntil(at: number, stage: Stage): Promise<boolean> {
  let writes = 0;
  const spies = (['bulkWrite', 'updateOne'] as const).map((name) => {
    const write = Reflect.get(Collection.prototype, name) as (...given: unknown[]) => Promise<unknown>;
    const counted = async function (this: Collection, ...given: unknown[]): Promise<unknown> {
      if (++writes >= at) throw new MongoNetworkError('cut off');
      return write.apply(this, given);
    };
    return jest.spyOn(Collection.prototype, name).mockImplementation(counted as never);
  });
  try {
    await stage.project([after], { holder });
    return false;
  } catch (failure) {
    expect(failure).toBeInstanceOf(ViewsUnavailable);
    return true;
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

async function told(stage: Stage): Promise<unknown> {
  const [build] = await stage.builds('deals');
  const waiting = await stage.reader.unappliedEvents({ model: deals.model, number: 1 }, '@stream deal-1', { first: 10 });
  return {
    documents: await stage.histories(deals),
    position: build?.position,
    deadLetters: build?.deadLetters,
    waiting: waiting.map(({ position, error }) => [position, error]),
  };
}

onMongo('at none, and at each in turn', async () => {
  const whole = (await cutOff(Number.MAX_SAFE_INTEGER)).outcome;
  expect(whole).toMatchObject({
    documents: [
      { key: '1', versions: [{ document: { account: 'a' } }, { document: { account: 'b', accountName: 'Zoe', total: 10 } }] },
      { key: '2', versions: [{ document: { account: 'a' } }, { document: { account: 'c', accountName: 'Ana', total: 12 } }] },
    ],
    deadLetters: 1,
    waiting: [
      [4, 'no such stage'],
      [5, null],
    ],
  });
  let cuts = 0;
  for (;;) {
    const { outcome, cut } = await cutOff(cuts + 1);
    expect({ at: cuts + 1, outcome }).toEqual({ at: cuts + 1, outcome: whole });
    if (!cut) break;
    cuts += 1;
  }
  expect(cuts).toBeGreaterThan(4);
});
