/** `daybook serve`. */
import type { Config } from '../config.js';
import { stopSignal, type Terminal } from './terminal.js';

/** Serves until Ctrl-C or SIGTERM, then stops cleanly. */
export async function runServe(config: Config, { out, err }: Terminal): Promise<void> {
  const stop = stopSignal();
  try {
    // Loaded on demand, since the server is slow to load.
    const { serve } = await import('../main.js');
    const server = await serve(config);
    out.write(addresses(server.url, config));
    await new Promise<void>((resolve) => {
      if (stop.signal.aborted) resolve();
      else stop.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    err.write('Stopping.\n');
    await server.close();
  } finally {
    stop.release();
  }
}

function addresses(url: string, { dataDir, introspection }: Config): string {
  const places: readonly (readonly [string, string])[] = [
    ['GraphQL', '/graphql'],
    ...(introspection ? ([['GraphiQL', '/graphiql']] as const) : []),
    ['Health', '/health/ready'],
    ['Metrics', '/metrics'],
  ];
  const lines = places.map(([name, path]) => `  ${name.padEnd(9)}${url}${path}\n`);
  return `Daybook serves ${dataDir}:\n${lines.join('')}Ctrl-C stops it.\n`;
}
