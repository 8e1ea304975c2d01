import { describe, expect, test } from '@jest/globals';
import { dealDefinitions } from '../../bench/deal/contract.js';
import { eventsOf, streamOf } from '../../bench/deal/events.js';
import { documentAfter, monthsOf, stateAfter } from '../../bench/deal/expected.js';
import { foldStream } from '../../bench/deal/fold.js';
import { dealPlots, inOrder, ordinal, STEPS, stepsWithin } from '../../bench/deal/plot.js';
import { dealMonths, deals } from '../../bench/deal/read-models.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { toCurrent } from '../../src/kernel/event.js';
import type { Document, Projection } from '../../src/kernel/projection.js';
import { foldPlainly } from '../support/read-models/project.js';

// A whole window of deals and part of another.
const plots = dealPlots(100);

/** What a log would hold after all steps of all deals. */
const recorded = inOrder(plots).map(({ plot, step }, index): RecordedEvent => {
  const event = eventsOf(plots.length, plot)[step];
  if (!event) throw new RangeError(`There is no step ${step}.`);
  return { ...event, stream: streamOf(plot), revision: step, position: index + 1, metadata: { ...event.metadata, recordedAt: '' } };
});

function projected(projection: Projection, events: readonly RecordedEvent[]): ReadonlyMap<string, Document> {
  return foldPlainly(
    projection,
    events.map((event) => toCurrent(event, dealDefinitions)),
  );
}

describe('the workload', () => {
  test('has eleven events of each deal, interleaved, in the order that positions and times say', () => {
    expect(recorded).toHaveLength(1100);
    inOrder(plots).forEach(({ plot, step }, index) => expect(ordinal(plots.length, plot.index, step)).toBe(index));
    const times = recorded.map(({ metadata }) => metadata.occurredAt);
    expect(times).toEqual(times.toSorted());
    expect(recorded.slice(0, 64).every(({ revision }) => revision === 0)).toBe(true);
  });

  test('has about 240 bytes of JSON in an event', () => {
    const bytes = recorded.map(({ data }) => JSON.stringify(data).length);
    expect(bytes.reduce((a, b) => a + b, 0) / bytes.length).toBeGreaterThan(220);
    expect(bytes.reduce((a, b) => a + b, 0) / bytes.length).toBeLessThan(260);
  });
});

describe('what is expected of it, without any event', () => {
  test.each([1, 5, STEPS])('is the state that %i events of a deal give', (steps) => {
    for (const plot of plots) {
      const events = recorded.filter(({ stream, revision }) => stream.id === plot.id && revision < steps);
      expect(foldStream(events)).toEqual(stateAfter(plot, steps));
    }
  });

  test.each([64, 700, 1100])('is the documents that the first %i events give', (count) => {
    const documents = projected(deals, recorded.slice(0, count));
    const expected = plots.flatMap((plot) => {
      const steps = stepsWithin(plots.length, plot.index, count);
      return steps === 0 ? [] : [[plot.id, documentAfter(plots.length, plot, steps)] as const];
    });
    expect(documents).toEqual(new Map(expected));
  });

  test('is the documents by month and owner', () => {
    expect(projected(dealMonths, recorded)).toEqual(monthsOf(plots.length));
  });
});
