/** Backups as docs/operations.md and docs/deployment.md have them, made beside a running server, and restored. */
import { describe, expect, it } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { registerLead } from '../support/api/funnel.js';
import { eventsIn, expectReadModelsToEqualTheLog } from '../support/read-models/read-models.js';
import { runProgram, startServer, type Server } from '../support/processes/server.js';
import { folderPerTest } from '../support/folder.js';

const [data, backup] = [folderPerTest(), folderPerTest()];

/** Registers leads until it is told to end, while the work is done. */
async function whileLeadsCome<T>(server: Server, work: () => Promise<T> | T): Promise<T> {
  let ending = false;
  const coming = (async () => {
    while (!ending) await registerLead(server);
  })();
  try {
    for (let n = 0; n < 20; n++) await registerLead(server);
    return await work();
  } finally {
    ending = true;
    await coming;
  }
}

/** As docs/personal-data.md says, beside a running server. */
function backUpKeys(): void {
  rmSync(backup.keys, { recursive: true, force: true });
  mkdirSync(backup.keys);
  const connection = new DatabaseSync(join(data.keys, 'keys.db'), { readOnly: true, timeout: 5_000 });
  connection.exec(`VACUUM INTO '${join(backup.keys, 'keys.db')}'`);
  connection.close();
  copyFileSync(join(data.keys, 'master.key'), join(backup.keys, 'master.key'));
}

/** All that was in the folder of the keys is lost before. */
function restoreKeys(): void {
  rmSync(data.keys, { recursive: true });
  cpSync(backup.keys, data.keys, { recursive: true });
}

async function servedAgain(): Promise<void> {
  const server = await startServer(data.path);
  await server.ready();
  await registerLead(server);
  await server.ask('query ($position: Position) { leads(minPosition: $position) { totalCount } }', {
    position: await server.logPosition(),
  });
  expect(await server.stop()).toMatchObject({ code: 0 });
  await expectReadModelsToEqualTheLog(data);
}

describe('a backup', () => {
  it('made by SQLite is put in place of the log; read models that were further are built again', async () => {
    const server = await startServer(data.path);
    await whileLeadsCome(server, () => {
      const connection = new DatabaseSync(data.events, { readOnly: true, timeout: 5_000 });
      connection.exec(`VACUUM INTO '${backup.events}'`);
      connection.close();
      backUpKeys();
    });
    for (let n = 0; n < 5; n++) await registerLead(server);
    await server.ready();
    await server.stop();
    const [all, kept] = [await eventsIn(data), await eventsIn(backup)];
    expect(kept.length).toBeGreaterThanOrEqual(20);
    expect(kept.length).toBeLessThan(all.length);
    expect(kept).toEqual(all.slice(0, kept.length));

    for (const suffix of ['-wal', '-shm']) rmSync(`${data.events}${suffix}`, { force: true });
    copyFileSync(backup.events, data.events);
    restoreKeys();
    const server2 = await startServer(data.path);
    await server2.ready();
    await server2.stop();
    expect(await eventsIn(data)).toEqual(kept);
    await expectReadModelsToEqualTheLog(data);
    await servedAgain();
  });

  it('kept up with `daybook migrate` takes what is new, and goes back into an empty folder when all is lost', async () => {
    const server = await startServer(data.path);
    const keep = () => runProgram(['migrate', '--from', data.path, '--to', backup.path]);
    const first = await whileLeadsCome(server, keep);
    expect(first).toMatchObject({ code: 0 });
    backUpKeys();
    const held = (await eventsIn(backup)).length;
    expect(held).toBeGreaterThanOrEqual(20);
    const second = await keep();
    expect(second.output).toContain(`${held.toLocaleString('en-US')} had been copied before`);
    const all = await eventsIn(data);
    backUpKeys();
    expect(await eventsIn(backup)).toEqual(all);

    await server.stop('SIGKILL');
    for (const name of readdirSync(data.path)) rmSync(join(data.path, name));
    expect(await runProgram(['migrate', '--from', backup.path, '--to', data.path])).toMatchObject({ code: 0 });
    restoreKeys();
    expect(await eventsIn(data)).toEqual(all);
    await servedAgain();
  });
});
