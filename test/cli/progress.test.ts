import { describe, expect, test } from '@jest/globals';
import { progress, type ProgressOptions } from '../../src/cli/progress.js';

/** Progress on a stream that records the output, with a clock that the test sets. */
function given(stream: { readonly isTTY?: boolean; readonly columns?: number }, options: Omit<ProgressOptions, 'clock'> = {}) {
  const written: string[] = [];
  let now = 0;
  const bar = progress({ ...stream, write: (text) => written.push(text) }, 'Import', { ...options, clock: () => now });
  return { bar, written, at: (seconds: number) => (now = seconds * 1000) };
}

describe('progress', () => {
  test('on a terminal is a bar that redraws itself, with percent, rate and time left', () => {
    const { bar, written, at } = given({ isTTY: true, columns: 100 });
    at(2);
    bar.update(500, 2_000);
    at(2.05);
    bar.update(600, 2_000);
    bar.end();
    expect(written).toEqual([
      '\r\u001b[2KImport [########                      ]  25 %, 500 of 2,000, 250/s, 6 s left',
      '\r\u001b[2KImport [#########                     ]  30 %, 600 of 2,000, 293/s, 5 s left',
      '\n',
    ]);
  });

  test('on a narrow terminal fits into its line', () => {
    const { bar, written, at } = given({ isTTY: true, columns: 40 });
    at(1);
    bar.update(500_000, 2_000_000);
    expect(written.join('').replace('\r\u001b[2K', '').length).toBeLessThan(40);
  });

  test('on a terminal without a width has a bar of the default width', () => {
    const { bar, written, at } = given({ isTTY: true, columns: 0 });
    at(1);
    bar.update(500, 1_000);
    expect(written).toEqual(['\r\u001b[2KImport [###############               ]  50 %, 500 of 1,000, 500/s, 1 s left']);
  });

  test('without a terminal is a line every few seconds, and the last state', () => {
    const { bar, written, at } = given({});
    for (let second = 1; second <= 7; second++) {
      at(second);
      bar.update(second * 100, 700);
    }
    bar.end();
    expect(written).toEqual([
      'Import: 42 %, 300 of 700, 100/s, 4 s left\n',
      'Import: 85 %, 600 of 700, 100/s, 1 s left\n',
      'Import: 100 %, 700 of 700, 100/s\n',
    ]);
  });

  test('of a continued task does not count earlier work for the rate', () => {
    const { bar, written, at } = given({}, { from: 400 });
    at(4);
    bar.update(600, 1_000);
    expect(written).toEqual(['Import: 60 %, 600 of 1,000, 50/s, 8 s left\n']);
  });

  test('without units shows percent and time left', () => {
    const { bar, written, at } = given({}, { share: true });
    at(4);
    bar.update(0.5, 2);
    expect(written).toEqual(['Import: 25 %, 12 s left\n']);
  });

  test('without updates prints nothing; long times are in minutes and hours', () => {
    const { bar, written, at } = given({});
    bar.end();
    expect(written).toEqual([]);
    at(10);
    bar.update(1, 31);
    expect(written).toEqual(['Import: 3 %, 1 of 31, 0/s, 5 min 0 s left\n']);
    at(20);
    bar.update(1, 1_000);
    expect(written[1]).toContain('5 h 33 min left');
  });
});
