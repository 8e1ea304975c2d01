/** Work on MongoDB that is let begin, and stopped at a write. */
import { jest } from '@jest/globals';
import { Collection } from 'mongodb';
import { once } from 'node:events';

/** Begins the work, and holds its first call of this method up until the returned function is called, which gives what comes of the work. */
export async function heldUpAt(method: 'bulkWrite' | 'updateOne', work: () => Promise<void>): Promise<() => Promise<void>> {
  const [begun, released] = [new AbortController(), new AbortController()];
  const write = Reflect.get(Collection.prototype, method) as (...given: unknown[]) => Promise<unknown>;
  const held = async function (this: Collection, ...given: unknown[]): Promise<unknown> {
    spy.mockRestore();
    begun.abort();
    await once(released.signal, 'abort');
    return write.apply(this, given);
  };
  const spy = jest.spyOn(Collection.prototype, method).mockImplementationOnce(held as never);
  const begin = once(begun.signal, 'abort');
  const written = work();
  await begin;
  return () => {
    released.abort();
    return written;
  };
}
