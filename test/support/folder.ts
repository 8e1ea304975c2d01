/** A temporary data folder with an event log, removed after the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Folder {
  readonly path: string;
  readonly events: string;
  readonly views: string;
  remove(): void;
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'daybook-test-'));
  return {
    path,
    events: join(path, 'events.db'),
    views: join(path, 'views.db'),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
