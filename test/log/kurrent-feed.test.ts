/** A subscription's messages come in the order that the server sent them, also when several arrive at once. */
import { describe, expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
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
