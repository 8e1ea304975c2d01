/** Compares two builds of one read model, in the order of keys: the live one, and a fresh one in a scratch store. */
import type { Position } from '../kernel/event.js';
import type { Document } from '../kernel/projection.js';
import type { Served } from '../views/port/builds.js';
import { compareKeys, SCAN_PAGE } from '../views/port/audit.js';
import type { DocumentHistory } from '../views/port/audit.js';
import type { ViewReader } from '../views/port/store.js';
import { different, differenceOf, withDamage, type Difference, type Version } from './difference.js';

interface Sides {
  readonly live: ViewReader;
  readonly stored: Served;
  readonly scratch: ViewReader;
  readonly made: Served;
}

interface Compared {
  readonly differences: readonly Difference[];
  /** Keys that are right as of the position, but have later versions that are not compared yet. */
  readonly open: readonly string[];
}

export class Comparison {
  documents = 0;

  readonly #sides: Sides;

  constructor(sides: Sides) {
    this.#sides = sides;
  }

  async all(position: Position, onProgress: (part: number) => void, signal?: AbortSignal): Promise<Compared> {
    const { live, stored, scratch, made } = this.#sides;
    const differences: Difference[] = [];
    const open: string[] = [];
    const total = Math.max(1, await scratch.count(made, {}));
    for await (const { key, actual, expected } of sideBySide(live.scan(stored), scratch.scan(made))) {
      signal?.throwIfAborted();
      const [are, should] = [this.#upTo(actual, position), this.#upTo(expected, position)];
      const difference = differenceOf(key, are, should, actual?.damage);
      if (difference) differences.push(difference);
      else if (stored.model.history && actual && goesBeyond(actual, position)) open.push(key);
      this.documents += 1;
      if (this.documents % SCAN_PAGE === 0) onProgress(Math.min(1, this.documents / total));
    }
    return { differences, open };
  }

  /**
   * Compares the later versions of open keys with the events after the position.
   * @param catchUp brings the fresh build to the end of the log
   */
  async settle(open: readonly string[], catchUp: () => Promise<unknown>): Promise<readonly Difference[]> {
    const { live, stored, scratch, made } = this.#sides;
    const differences: Difference[] = [];
    for (let at = 0; at < open.length; at += SCAN_PAGE) {
      const keys = open.slice(at, at + SCAN_PAGE);
      const actual = await live.histories(stored, keys);
      // After reading the live build: all events that it was made from are in the log by now.
      await catchUp();
      const expected = await scratch.histories(made, keys);
      for (const [index, { key, versions, damage }] of actual.entries()) {
        const should = asFarAs(versions.at(-1), expected[index]?.versions ?? []);
        differences.push(...[differenceOf(key, versions, should, damage)].filter((each) => each !== undefined));
      }
    }
    return differences;
  }

  /** The differences that remain between these documents of the live build and the current ones of the fresh build. Damage remains. */
  async current(suspects: readonly Difference[], documents: readonly (Document | null)[]): Promise<readonly Difference[]> {
    const { scratch, made } = this.#sides;
    const expected = await scratch.get(
      made,
      suspects.map(({ key }) => key),
    );
    return suspects.flatMap((suspect, index): readonly Difference[] => {
      const [are, should] = [documents[index] ?? null, expected[index] ?? null];
      const difference = withDamage(different(suspect.key, are, should), suspect.damage, {
        key: suspect.key,
        expected: should,
        actual: are,
      });
      return difference ? [difference] : [];
    });
  }

  /** The versions as of a position: without later ones, and with those current that were superseded later. */
  #upTo(history: DocumentHistory | undefined, position: Position): readonly Version[] {
    const versions = history?.versions ?? [];
    if (!this.#sides.stored.model.history) return versions;
    return versions.filter(({ since }) => since <= position).map((version) => endedBy(version, position));
  }
}

function endedBy(version: Version, position: Position): Version {
  return version.until !== null && version.until > position ? { ...version, until: null } : version;
}

function goesBeyond({ versions }: DocumentHistory, position: Position): boolean {
  return versions.some(({ since, until }) => since > position || (until ?? since) > position);
}

/** The versions up to the last one that is stored: later ones may not be stored yet. */
function asFarAs(last: Version | undefined, made: readonly Version[]): readonly Version[] {
  if (!last) return made;
  return made.filter(({ since }) => since <= last.since).map((version) => endedBy(version, last.until ?? last.since));
}

/** Pairs the histories of both builds by key, in the order of keys. */
async function* sideBySide(ours: AsyncIterable<DocumentHistory>, theirs: AsyncIterable<DocumentHistory>) {
  const [left, right] = [ours[Symbol.asyncIterator](), theirs[Symbol.asyncIterator]()];
  let [actual, expected] = [await next(left), await next(right)];
  while (actual ?? expected) {
    const order = actual && expected ? compareKeys(actual.key, expected.key) : actual ? -1 : 1;
    yield {
      key: (order <= 0 ? actual : expected)?.key ?? '',
      actual: order <= 0 ? actual : undefined,
      expected: order >= 0 ? expected : undefined,
    };
    if (order <= 0) actual = await next(left);
    if (order >= 0) expected = await next(right);
  }
}

async function next<T>(iterator: AsyncIterator<T>): Promise<T | undefined> {
  const result: IteratorResult<T, undefined> = await iterator.next();
  return result.value;
}
