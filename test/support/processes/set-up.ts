/** The set-up of tests that ask a running server. */
import { sharedFolder, type Folder } from '../folder.js';
import { startServer, type Server } from './server.js';

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
