import { noProgress } from '../../../src/views/port/build-identity.js';
import type { BuildRecord } from '../../../src/views/port/builds.js';

/** What a register tells of a build that is on its way, but for the values that a test is about. */
export function buildRecord(values: Partial<BuildRecord>): BuildRecord {
  return {
    ...noProgress,
    name: 'leads',
    version: 1,
    number: 2,
    shape: '',
    state: 'building',
    position: 0,
    erasures: 0,
    startedAt: '2026-01-01T00:00:00.000Z',
    servedAt: null,
    deadLetters: 0,
    ...values,
  };
}
