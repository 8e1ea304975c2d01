import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdLock, LockHeld } from '../../src/sqlite/lock.js';
import { DatabaseUnavailable } from '../../src/sqlite/unavailable.js';
import { killChildren, startChild } from '../support/processes/child.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-lock-'));
});
afterEach(async () => {
  await killChildren();
  rmSync(folder, { recursive: true, force: true });
});

describe('the lock of a data folder', () => {
  test('is held by one at a time and can be given back', () => {
    const file = join(folder, 'data', 'server.lock');
    const lock = holdLock(file, { shared: false });
    expect(() => holdLock(file, { shared: false })).toThrow(LockHeld);
    lock.release();
    lock.release();
    holdLock(file, { shared: false }).release();
  });

  test('names the process that holds it, and is free when that process is killed', async () => {
    const file = join(folder, 'server.lock');
    const holder = startChild('hold-lock.mjs', file);
    await holder.printed('held');
    expect(() => holdLock(file, { shared: false })).toThrow(`process ${holder.pid}`);
    await holder.kill();
    holdLock(file, { shared: false }).release();
  });

  test('is shared by any number of servers, and by nobody who has to be alone', () => {
    const file = join(folder, 'server.lock');
    const servers = [holdLock(file, { shared: true }), holdLock(file, { shared: true })];
    expect(() => holdLock(file, { shared: false })).toThrow(LockHeld);
    for (const server of servers) server.release();
    const alone = holdLock(file, { shared: false });
    expect(() => holdLock(file, { shared: true })).toThrow(LockHeld);
    alone.release();
    holdLock(file, { shared: true }).release();
  });

  test('in a place that is no folder is refused', () => {
    expect(() => holdLock('/dev/null/server.lock', { shared: false })).toThrow(DatabaseUnavailable);
    // Where making a folder is refused as if the one above it were missing.
    expect(() => holdLock('/proc/nope/server.lock', { shared: false })).toThrow(DatabaseUnavailable);
  });
});
