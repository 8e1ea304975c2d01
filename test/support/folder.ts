/** Temporary data folders, removed after the tests. */
import { afterAll, afterEach, beforeEach } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Folder {
  readonly path: string;
  /** The event log of the embedded engine. */
  readonly events: string;
  /** The read models of the embedded engine. */
  readonly views: string;
  /** The folder of the keys, beside it. */
  readonly keys: string;
  remove(): void;
}

/** A new folder. The test removes it. */
export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'daybook-test-'));
  return {
    path,
    events: join(path, 'events.db'),
    views: join(path, 'views.db'),
    keys: `${path}-keys`,
    remove: () => {
      for (const folder of [path, `${path}-keys`]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

const stops = new Set<() => Promise<void>>();

/** Before a shared folder or a folder per test is removed, this stops what may still use it. */
export function beforeRemoval(stop: () => Promise<void>): void {
  stops.add(stop);
}

/** A folder that all tests of a file or of a `describe` share, removed after the last one. Call it outside of tests. */
export function sharedFolder(): Folder {
  const folder = temporaryFolder();
  afterAll(async () => {
    await Promise.all([...stops].map((stop) => stop()));
    folder.remove();
  });
  return folder;
}

/** A new folder for each test, removed after the test. Call it outside of tests; its paths are those of the current test. */
export function folderPerTest(): Folder {
  let current: Folder;
  beforeEach(() => {
    current = temporaryFolder();
  });
  afterEach(async () => {
    await Promise.all([...stops].map((stop) => stop()));
    current.remove();
  });
  return {
    get path() {
      return current.path;
    },
    get events() {
      return current.events;
    },
    get views() {
      return current.views;
    },
    get keys() {
      return current.keys;
    },
    remove: () => current.remove(),
  };
}
