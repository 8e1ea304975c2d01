/** Two builds of one read model, side by side in the order of their keys: the one that is stored, and the one that was made afresh. */
import type { Position } from '../kernel/event.js';
import type { Document } from '../kernel/projection.js';
import type { Served } from '../views/builds.js';
import { byBytes, PART } from '../views/parts.js';
import type { DocumentHistory, ViewReader } from '../views/port.js';
import { different, differenceOf, withDamage, type Difference, type Version } from './difference.js';

interface Sides {
  readonly live: ViewReader;
  readonly stored: Served;
  readonly aside: ViewReader;
  readonly made: Served;
}

interface Compared {
  readonly differences: readonly Difference[];
  /** Keys that are right as of the position, but have more stored than belongs to it. */
  readonly open: readonly string[];
}

export class Comparison {
  documents = 0;

  constructor(private readonly sides: Sides) {}

  async all(position: Position, onProgress: (part: number) => void, signal?: AbortSignal): Promise<Compared> {
    const { live, stored, aside, made } = this.sides;
    const differences: Difference[] = [];
    const open: string[] = [];
    const total = Math.max(1, await aside.count(made, {}));
    for await (const { key, actual, expected } of sideBySide(live.scan(stored), aside.scan(made))) {
      signal?.throwIfAborted();
      const [are, should] = [this.#upTo(actual, position), this.#upTo(expected, position)];
      const difference = differenceOf(key, are, should, actual?.damage);
      if (difference) differences.push(difference);
      else if (stored.model.history && actual && goesBeyond(actual, position)) open.push(key);
      this.documents += 1;
      if (this.documents % PART === 0) onProgress(Math.min(1, this.documents / total));
    }
    return { differences, open };
  }

  /**
   * Of what was left open: what is stored has to be how the events go on.
   * @param catchUp brings what is made afresh to the end of the log
   */
  async settle(open: readonly string[], catchUp: () => Promise<unknown>): Promise<readonly Difference[]> {
    const { live, stored, aside, made } = this.sides;
    const differences: Difference[] = [];
    for (let at = 0; at < open.length; at += PART) {
      const keys = open.slice(at, at + PART);
      const actual = await live.histories(stored, keys);
      // Only then: whatever made what was read is in the log by now.
      await catchUp();
      const expected = await aside.histories(made, keys);
      for (const [index, { key, versions, damage }] of actual.entries()) {
        const should = asFarAs(versions.at(-1), expected[index]?.versions ?? []);
        differences.push(...[differenceOf(key, versions, should, damage)].filter((each) => each !== undefined));
      }
    }
    return differences;
  }

  /** The differences that are still there between these documents of the one and the other's current ones. Damage stays. */
  async current(suspects: readonly Difference[], documents: readonly (Document | null)[]): Promise<readonly Difference[]> {
    const { aside, made } = this.sides;
    const expected = await aside.get(
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

  /** The versions as they were seen at a position: later ones are not there yet, and those superseded later are current. */
  #upTo(history: DocumentHistory | undefined, position: Position): readonly Version[] {
    const versions = history?.versions ?? [];
    if (!this.sides.stored.model.history) return versions;
    return versions.filter(({ since }) => since <= position).map((version) => endedBy(version, position));
  }
}

function endedBy(version: Version, position: Position): Version {
  return version.until !== null && version.until > position ? { ...version, until: null } : version;
}

function goesBeyond({ versions }: DocumentHistory, position: Position): boolean {
  return versions.some(({ since, until }) => since > position || (until ?? since) > position);
}

/** The versions up to the last one that is stored. What superseded that may not be stored yet. */
function asFarAs(last: Version | undefined, made: readonly Version[]): readonly Version[] {
  if (!last) return made;
  return made.filter(({ since }) => since <= last.since).map((version) => endedBy(version, last.until ?? last.since));
}

/** Both sides of each key, in the order of keys. */
async function* sideBySide(ours: AsyncIterable<DocumentHistory>, theirs: AsyncIterable<DocumentHistory>) {
  const [left, right] = [ours[Symbol.asyncIterator](), theirs[Symbol.asyncIterator]()];
  let [actual, expected] = [await next(left), await next(right)];
  while (actual ?? expected) {
    const order = actual && expected ? byBytes(actual.key, expected.key) : actual ? -1 : 1;
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
