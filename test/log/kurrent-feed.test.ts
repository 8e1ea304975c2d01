/** A subscription's messages come in the order that the server sent them, also when several arrive at once. */
import { describe, expect, test } from '@jest/globals';
import { PassThrough, Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { NoAnswer } from '../../src/log/kurrent/failure.js';
import { Feed } from '../../src/log/kurrent/feed.js';

const NEVER = new AbortController().signal;

/** The client's subscription as far as a feed uses it: a stream of events that says the rest by calls and emitted events. */
class Subscription extends PassThrough {
  unsubscribed = false;

  constructor() {
    super({ objectMode: true });
  }

  async unsubscribe(): Promise<void> {
    this.unsubscribed = true;
  }
}

function subscribed(): { subscription: Subscription; feed: Feed; checkpoint: (commit: bigint) => void } {
  const subscription = new Subscription();
  let reached: (position: { commit: bigint; prepare: bigint }) => void = () => {};
  const feed = new Feed((checkpointReached) => {
    reached = checkpointReached;
    return subscription;
  });
  return { subscription, feed, checkpoint: (commit) => reached({ commit, prepare: commit }) };
}

describe('a feed', () => {
  test('gives events, checkpoints and the end of the catch-up in the order of their arrival', async () => {
    const { subscription, feed, checkpoint } = subscribed();
    subscription.write({ event: { id: 'a' } });
    subscription.write({ event: { id: 'b' } });
    checkpoint(7n);
    subscription.write({ event: { id: 'c' } });
    subscription.emit('caughtUp');
    subscription.write({ link: {} });
    subscription.write({ event: { id: 'd' } });
    const messages = [];
    for (let n = 0; n < 6; n += 1) messages.push(await feed.next(NEVER, 1000));
    expect(messages).toEqual([
      { kind: 'event', event: { id: 'a' } },
      { kind: 'event', event: { id: 'b' } },
      { kind: 'checkpoint', position: { commit: 7n, prepare: 7n } },
      { kind: 'event', event: { id: 'c' } },
      { kind: 'caughtUp' },
      { kind: 'event', event: { id: 'd' } },
    ]);
    feed.close();
    expect(subscription.unsubscribed).toBe(true);
  });

  test('gives in their order what the client holds beyond its buffer, and hands over while one is taken', async () => {
    // As the client's own: what it holds it makes events of, and calls, when there is room.
    const subscription = new Transform({
      objectMode: true,
      readableHighWaterMark: 16,
      transform(message: unknown, _, done) {
        if (message === 'caughtUp') this.emit('caughtUp');
        else this.push(message);
        done();
      },
    });
    const feed = new Feed(() => Object.assign(subscription, { unsubscribe: async () => undefined }));
    const sent = Array.from({ length: 30 }, (_, n) => ({ event: { id: String(n + 1) } }));
    for (const event of sent.slice(0, 20)) subscription.write(event);
    subscription.write('caughtUp');
    for (const event of sent.slice(20)) subscription.write(event);
    await sleep(20);
    const given: unknown[] = [];
    for (let n = 0; n < 31; n += 1) given.push(await feed.next(NEVER, 1000));
    const events = given.filter((message) => (message as { readonly kind: string }).kind === 'event');
    expect(events).toEqual(sent.map(({ event }) => ({ kind: 'event', event })));
    expect(given).toContainEqual({ kind: 'caughtUp' });
    feed.close();
  });

  test('gives what has arrived before it fails with what the subscription failed with, or when it ends', async () => {
    for (const [breakOff, reason] of [
      [({ emit }: { emit: () => void }) => emit(), 'broken'],
      [({ end }: { end: () => void }) => end(), 'ended the subscription'],
    ] as const) {
      const { subscription, feed } = subscribed();
      subscription.write({ event: { id: 'a' } });
      breakOff({ emit: () => subscription.emit('error', new Error('broken')), end: () => subscription.end() });
      expect(await feed.next(NEVER)).toEqual({ kind: 'event', event: { id: 'a' } });
      await expect(feed.next(NEVER)).rejects.toThrow(reason);
      feed.close();
    }
  });

  test('waits as long as it is told, and no longer than the signal lets it', async () => {
    const { feed } = subscribed();
    await expect(feed.next(NEVER, 10)).rejects.toThrow(NoAnswer);
    const abort = new AbortController();
    const next = feed.next(abort.signal);
    abort.abort();
    expect(await next).toBeUndefined();
    feed.close();
  });
});
