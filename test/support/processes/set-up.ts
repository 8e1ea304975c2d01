/** The set-up that tests of running servers share: folders and servers, which are stopped and removed when the tests are over. */
import { afterAll, afterEach, beforeEach } from '@jest/globals';
import { temporaryFolder, type Folder } from '../folder.js';
import { killChildren } from './child.js';
import { startServer, stopServers, type Server } from './server.js';

/** A folder that all tests of a file or of a `describe` share. After the last one, every process that still runs is stopped. */
export function sharedFolder(): Folder {
  const folder = temporaryFolder();
  afterAll(async () => {
    await stopProcesses();
    folder.remove();
  });
  return folder;
}

/** A new folder for each test. After the test, every process that still runs is stopped. To be called once, outside of tests. */
export function folderPerTest(): Folder {
  let current: Folder;
  beforeEach(() => {
    current = temporaryFolder();
  });
  afterEach(async () => {
    await stopProcesses();
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
    remove: () => current.remove(),
  };
}

/**
 * A server that all tests of a file share, in a folder of its own.
 * @throws Error with what the server printed when it ends before it listens
 */
export async function sharedServer(
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly folder: Folder; readonly server: Server }> {
  const folder = sharedFolder();
  return { folder, server: await startServer(folder.path, environment) };
}

async function stopProcesses(): Promise<void> {
  await Promise.all([killChildren(), stopServers()]);
}
