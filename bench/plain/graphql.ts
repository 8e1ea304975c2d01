/** Fills the plain table of opportunities and starts the plain GraphQL server over it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseSync } from '@photostructure/sqlite';
import { answered } from '../served/opportunities.js';
import type { DealPlot } from '../deal/plot.js';

export interface PlainServer {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startPlainServer(file: string, plots: readonly DealPlot[]): Promise<PlainServer> {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode=WAL; CREATE TABLE opportunities (id TEXT PRIMARY KEY, name TEXT NOT NULL, stageName TEXT NOT NULL,
    status TEXT NOT NULL, ownerId TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL, expectedClose TEXT, revision INTEGER NOT NULL);
    CREATE INDEX by_stage ON opportunities (stageName, amount DESC); BEGIN`);
  const insert = database.prepare('INSERT INTO opportunities VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  for (const { id, name, stageName, status, ownerId, amount, expectedClose, revision } of plots.map(answered)) {
    insert.run(id, name, stageName, status, ownerId, Number(amount.amount), amount.currency, expectedClose, revision);
  }
  database.exec('COMMIT');
  database.close();
  const child = fork(new URL('./graphql-server.js', import.meta.url), [file]);
  const [port] = (await once(child, 'message')) as [number];
  return {
    port,
    async stop() {
      const exited = once(child, 'exit');
      child.send('stop');
      await exited;
    },
  };
}
