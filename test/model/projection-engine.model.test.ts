/**
 * Any story of commands and events, poisonous ones among them, crashes, releases, rebuilds, cut-overs, rollbacks, retries and skips, one after
 * the other or under the eyes of a projector that follows the log: every build holds, now and as of any position, what the plainest reading of
 * the log says of each document by itself.
 */
import { expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeadLettersRetried } from '../../contracts/operations/dead-letter.js';
import type { NewEvent } from '../../contracts/event.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import type { Document, Projection } from '../../src/kernel/projection.js';
import { isOf } from '../../src/views/port/build-identity.js';
import type { Build } from '../../src/views/port/builds.js';
import type { DocumentHistory } from '../../src/views/port/audit.js';
import {
  AccountRenamed,
  DealMovedTo,
  DealOpened,
  DealRaised,
  deals,
  dealsInCents,
  DealWithdrawn,
  failing,
  RaiseDeal,
} from '../projector/deals.js';
import { openStage, type Stage } from '../projector/stage.js';
import { dying, unlessKilled } from '../support/read-models/dying-writer.js';

const POISON = 13;
const ids = ['1', '2', '3'] as const;
const accounts = ['a', 'b'] as const;

/** A raise by 13 and the name Zoe are more than the handlers can take. */
const poisonous = ({ type, data }: NewEvent): boolean => {
  const { by, name } = data as { readonly by?: number; readonly name?: string };
  return (type === 'DealRaised' && by === POISON) || (type === 'AccountRenamed' && name === 'Zoe');
};
const broken = [failing(deals, poisonous), failing(dealsInCents, poisonous)] as const;
const mended = [deals, dealsInCents] as const;

type Version = DocumentHistory['versions'][number];

/** One document by itself, read from the whole log: its kept versions, and what waits. `healthy`: from that position on nothing is poisonous. */
function plainly(
  log: readonly RecordedEvent[],
  id: string,
  version: number,
  healthy: number,
): { versions: Version[]; waiting: RecordedEvent[] } {
  const versions: Version[] = [];
  let waiting: RecordedEvent[] = [];
  const become = (since: number, document: Document | null): void => {
    const last = versions.at(-1);
    if (last?.until === null) versions[versions.length - 1] = { ...last, until: since };
    if (document) {
      versions.push({ since, until: null, document: version === 2 ? { ...document, cents: Number(document['total']) * 100 } : document });
    }
  };
  const took = (event: RecordedEvent, now: number): boolean => {
    const { position, type, stream } = event;
    const data = event.data as { account: string; name: string; amount: number; by: number };
    const last = versions.at(-1);
    const deal = last?.until === null ? last.document : undefined;
    const meant = type === 'AccountRenamed' ? deal?.['account'] === stream.id : true;
    if (meant && poisonous(event) && now < healthy) return false;
    if (type === 'DealOpened') become(position, { id, account: data.account, accountName: data.name, total: data.amount });
    else if (deal && type === 'DealWithdrawn') become(position, null);
    else if (deal && type === 'DealRaised') become(position, { ...deal, total: Number(deal['total']) + data.by });
    else if (deal && type === 'DealMovedTo') become(position, { ...deal, account: data.account });
    else if (deal && meant) become(position, { ...deal, accountName: data.name });
    return true;
  };
  for (const event of log) {
    const decided = event.data as { version?: number; key?: string | null; eventId?: string };
    if (event.stream.type === 'deadLetter') {
      if (decided.version !== version || (decided.key !== null && decided.key !== id)) continue;
      waiting = waiting.filter((each) => each.id !== decided.eventId);
      while (waiting[0] && took(waiting[0], event.position)) waiting.shift();
    } else if (event.stream.type === 'account' || event.stream.id === id) {
      if (waiting.length > 0 || !took(event, event.position)) waiting.push(event);
    }
  }
  return { versions, waiting };
}

const id = fc.constantFrom(...ids);
const account = fc.constantFrom(...accounts);
const happens = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      stream: id.map((key) => `deal-${key}`),
      event: account.map((of) => DealOpened({ account: of, name: 'Ana', amount: 1 })),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ stream: id.map((key) => `deal-${key}`), event: fc.constantFrom(1, 2, POISON).map((by) => DealRaised({ by })) }),
  },
  { weight: 2, arbitrary: fc.record({ stream: id.map((key) => `deal-${key}`), event: account.map((to) => DealMovedTo({ account: to })) }) },
  { weight: 1, arbitrary: fc.record({ stream: id.map((key) => `deal-${key}`), event: fc.constant(DealWithdrawn({})) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      stream: account.map((of) => `account-${of}`),
      event: fc.constantFrom('Maria', 'Joe', 'Zoe').map((name) => AccountRenamed({ name })),
    }),
  },
);

const happening = {
  weight: 8,
  arbitrary: fc.record({ what: fc.constant('happen' as const), events: fc.array(happens, { minLength: 1, maxLength: 6 }) }),
};
const commanding = {
  weight: 3,
  arbitrary: fc.record({
    what: fc.constant('command' as const),
    id,
    by: fc.constantFrom(1, POISON),
    commandId: fc.uuid(),
    times: fc.integer({ min: 1, max: 3 }),
  }),
};
const rebuilding = { weight: 2, arbitrary: fc.record({ what: fc.constant('rebuild' as const) }) };
const retrying = { weight: 3, arbitrary: fc.record({ what: fc.constant('retry' as const), key: fc.option(id) }) };
const skipping = { weight: 3, arbitrary: fc.record({ what: fc.constant('skip' as const), key: id }) };
const releasing = { weight: 1, arbitrary: fc.record({ what: fc.constant('release' as const) }) };
const replacing = {
  weight: 1,
  arbitrary: fc.record({ what: fc.constantFrom('cutOver' as const, 'rollBack' as const, 'drop' as const) }),
};

const pageSize = fc.constantFrom(1, 2, 3, 7, 100);
const at = fc.nat({ max: 8 });
/** While a projector follows. `reach`: what happens next waits until it has come to the end of the log. */
const meanwhile = fc.oneof(...[happening, commanding, rebuilding, retrying, skipping, replacing], {
  weight: 4,
  arbitrary: fc.record({ what: fc.constant('reach' as const) }),
});
const following = {
  weight: 2,
  arbitrary: fc.record({
    what: fc.constant('follow' as const),
    pageSize,
    cutOver: fc.boolean(),
    /** What it writes first of all that fails, if anything does: it goes on from its checkpoints. */
    fails: fc.option(fc.record({ at, after: fc.boolean() })),
    meanwhile: fc.array(meanwhile, { minLength: 1, maxLength: 8 }),
  }),
};
const step = fc.oneof(
  ...[happening, commanding, rebuilding, retrying, skipping, replacing, releasing, following],
  { weight: 3, arbitrary: fc.record({ what: fc.constant('project' as const), pageSize, cutOver: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('crash' as const), pageSize, at, after: fc.boolean() }) },
);
const moment = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), account, first: fc.integer({ min: 1, max: 3 }) });

/** What may be answered instead: that it is not there, or not ready; that a rule says no; that a projector was faster. */
const refusals = ['NotFound', 'NotReady', 'Rejection', 'StaleDecision', 'BuildGone'];
const unlessRefused = async (asked: Promise<unknown>): Promise<void> => {
  await asked.catch((refusal: unknown) => {
    if (!refusals.includes((refusal as Error).name)) throw refusal;
  });
};

type Meanwhile = typeof meanwhile extends fc.Arbitrary<infer Drawn> ? Drawn : never;
type Step = typeof step extends fc.Arbitrary<infer Drawn> ? Drawn : never;
type Following = Extract<Step, { readonly what: 'follow' }>;
type Moment = typeof moment extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** Does one step with a program of these read models. */
async function take(stage: Stage, program: readonly Projection[], drawn: Step | Meanwhile): Promise<void> {
  const administration = stage.administration(program);
  const by = { actor: 'olga' };
  switch (drawn.what) {
    case 'happen':
      for (const { stream, event } of drawn.events) {
        await beBegun(stage, stream, event);
        await stage.happens(stream, event);
      }
      return;
    case 'command': {
      const command = RaiseDeal({ id: drawn.id, by: drawn.by, commandId: drawn.commandId });
      for (let sent = 0; sent < drawn.times; sent++) await unlessRefused(stage.commandHandler.execute(command, by));
      const events = await stage.log.readStream({ type: 'deal', id: drawn.id });
      expect(events.filter(({ metadata }) => metadata.commandId === drawn.commandId).length).toBeLessThanOrEqual(1);
      return;
    }
    case 'follow':
      return follow(stage, program, drawn);
    case 'reach':
      return untilReached(stage, program);
    case 'project':
      await stage.project(program, { pageSize: drawn.pageSize, cutOver: drawn.cutOver });
      return;
    case 'crash':
      return unlessKilled(stage.project(program, { pageSize: drawn.pageSize, views: dying(stage.writer, drawn.at, drawn.after) }));
    case 'drop': {
      const build = (await stage.builds()).find(({ state }) => state === 'retired');
      if (build) await unlessRefused(administration.drop('deals', build.number));
      return;
    }
    case 'rebuild':
      await administration.rebuild('deals');
      return;
    case 'cutOver':
      return unlessRefused(administration.cutOver('deals'));
    case 'rollBack':
      return unlessRefused(administration.rollBack('deals'));
    case 'retry':
      return unlessRefused(administration.deadLetters.retry('deals', drawn.key ?? undefined, by));
    case 'skip':
      return unlessRefused(stage.leaveOut(program, drawn.key));
    case 'release':
  }
}

/** Opens a deal that another event would begin: the record type takes no other as the first. */
async function beBegun(stage: Stage, stream: string, { type }: NewEvent): Promise<void> {
  const [of = '', id = ''] = stream.split('-');
  if (of !== 'deal' || type === 'DealOpened' || (await stage.log.readStream({ type: of, id }, 0, 1)).length > 0) return;
  await stage.happens(stream, DealOpened({ account: 'a', name: 'Ana', amount: 1 }));
}

/** Lets one projector follow the log while other things happen, until it has come to the end of them. */
async function follow(stage: Stage, program: readonly Projection[], { fails, meanwhile: steps, ...options }: Following): Promise<void> {
  const views = fails ? dying(stage.writer, fails.at, fails.after) : stage.writer;
  const stop = stage.follow(program, { ...options, views });
  try {
    for (const drawn of steps) await take(stage, program, drawn);
    await untilReached(stage, program);
  } finally {
    await stop();
  }
}

/** Until every build of the program stands at the end of the log, and none is being built any more. */
async function untilReached(stage: Stage, program: readonly Projection[]): Promise<void> {
  const head = await stage.log.head();
  const there = async (): Promise<boolean> => {
    const records = (await stage.builds()).filter((record) => program.some(({ model }) => isOf(record, model)));
    const newest = records.some(({ version }) => version === program.at(-1)?.model.version);
    return newest && records.every(({ position, state }) => position >= head && state !== 'building');
  };
  while (!(await there())) await sleep(5);
}

/** A whole story, compared with the plain reading whenever a projector has come to the end of the log. */
async function story(steps: readonly Step[], moments: readonly Moment[]): Promise<void> {
  const stage = await openStage();
  try {
    let released = 1;
    const program = (): readonly Projection[] => broken.slice(0, released);
    for (const drawn of [...steps, { what: 'project', pageSize: 100, cutOver: true } as const]) {
      if (drawn.what === 'release') released = 2;
      await take(stage, program(), drawn);
      if (drawn.what === 'project' || drawn.what === 'follow') await expectPlain(stage, program(), moments, Infinity);
    }
    // The handlers are mended, and all that waits is tried again: nothing waits any more.
    const healthy = (await stage.log.head()) + 1;
    for (const { model } of program()) {
      const decision = DeadLettersRetried({ readModel: 'deals', version: model.version, key: null });
      await stage.happens(`deadLetter-last${model.version}`, decision);
    }
    await stage.project(mended.slice(0, released));
    await expectPlain(stage, program(), moments, healthy);
    for (const { deadLetters } of await stage.builds()) expect(deadLetters).toBe(0);
  } finally {
    await stage.close();
  }
}

/** How long new stories are begun, in milliseconds: as many as fit are told, and so many in any case. */
const [BUDGET_MS, LEAST] = [15_000, 15];

it('holds, whatever happens, what the plainest reading of the log says', async () => {
  const until = performance.now() + BUDGET_MS;
  let [told, failed] = [0, false];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), fc.array(moment, { maxLength: 4 }), async (steps, moments) => {
      if (performance.now() > until && told >= LEAST && !failed) return;
      told += 1;
      await story(steps, moments).catch((failure: unknown) => {
        failed = true;
        throw failure;
      });
    }),
    { numRuns: 150 },
  );
  expect(told).toBeGreaterThanOrEqual(LEAST);
}, 240_000);

/** One build answers; each build of the program's versions stands at the end of the log and holds what the log says. */
async function expectPlain(stage: Stage, program: readonly Projection[], moments: readonly Moment[], healthy: number): Promise<void> {
  const log = (await stage.log.readAll(0, 10_000)).events;
  const head = log.at(-1)?.position ?? 0;
  const records = await stage.builds();
  expect(records.filter(({ state }) => state === 'live')).toHaveLength(1);
  for (const { model } of program) {
    const expected = new Map(ids.map((key) => [key as string, plainly(log, key, model.version, healthy)]));
    for (const record of records.filter(({ version }) => version === model.version)) {
      const build: Build = { model, number: record.number };
      expect({ build: record.number, error: record.error, position: record.position, state: record.state }).toEqual({
        build: record.number,
        error: null,
        position: head,
        state: expect.stringMatching(/live|ready|retired/),
      });
      const told = Object.fromEntries((await stage.historiesOf(build)).map(({ key, versions }) => [key, versions]));
      expect(told).toEqual(
        Object.fromEntries([...expected].flatMap(([key, { versions }]) => (versions.length > 0 ? [[key, versions]] : []))),
      );
      for (const [key, { waiting }] of expected) {
        const found = await stage.reader.unappliedEvents(build, key, { first: 1_000 });
        expect(found.map((event) => event.id)).toEqual(waiting.map((event) => event.id));
      }
      for (const { at, account: of, first } of moments) {
        const asOf = Math.floor(at * head);
        const then = [...expected].flatMap(([key, { versions }]) =>
          versions
            .filter(({ since, until }) => since <= asOf && (until === null || until > asOf))
            .map(({ document }) => ({ key, document })),
        );
        expect(await stage.reader.get(build, [...ids], asOf)).toEqual(
          ids.map((key) => then.find((each) => each.key === key)?.document ?? null),
        );
        const where = { kind: 'is', column: 'account', op: 'eq', value: of } as const;
        const chosen = then.filter(({ document }) => document['account'] === of);
        expect(await stage.reader.count(build, { where, asOf })).toBe(chosen.length);
        const page = await stage.reader.list(build, { where, asOf, orderBy: [{ column: 'total', descending: true }], first });
        const listed = (JSON.parse(page.json) as readonly { readonly key: string }[]).map(({ key }) => key);
        const ordered = chosen.toSorted((a, b) => Number(b.document['total']) - Number(a.document['total']) || (a.key < b.key ? 1 : -1));
        expect(listed).toEqual(ordered.slice(0, first).map(({ key }) => key));
      }
    }
  }
}
