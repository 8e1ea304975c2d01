/** One of each kind of error that people meet. A kind that is missing here fails test/cli/failure.test.ts. */
import { InvalidList } from '../../../src/cli/erasures.js';
import { InvalidConfig } from '../../../src/config.js';
import { HistoryNotEmpty } from '../../../src/import/history.js';
import { InvalidSource } from '../../../src/import/csv-source.js';
import { InvalidMapping } from '../../../src/import/mapping-document.js';
import { SetupRefused } from '../../../src/import/run-import.js';
import { InvalidDeclaration } from '../../../src/kernel/check-contexts.js';
import { InvalidInput } from '../../../src/kernel/input.js';
import type { KnownError } from '../../../src/kernel/known-error.js';
import { Rejection } from '../../../src/kernel/rejection.js';
import { KeysUnavailable } from '../../../src/keys/port.js';
import { LogUnavailable, NoSuchPosition } from '../../../src/log/port.js';
import { PortInUse } from '../../../src/main.js';
import { MigrationRefused } from '../../../src/migrate/refused.js';
import { StaleDecision } from '../../../src/projector/record-decision.js';
import { NotFound } from '../../../src/projector/not-found.js';
import { InvalidSeal } from '../../../src/sealing/cipher.js';
import { LockHeld } from '../../../src/sqlite/lock.js';
import { DatabaseUnavailable } from '../../../src/sqlite/unavailable.js';
import { BadCursor, NoHistory, PositionTimeout, ViewsUnavailable } from '../../../src/views/port/query-errors.js';
import { BuildGone, CheckpointMoved, ErasuresMoved, NotReady } from '../../../src/views/port/errors.js';
import { LeaseLost } from '../../../src/leases/errors.js';

export const knownErrors = {
  InvalidConfig: new InvalidConfig('port: expected a whole number.'),
  HistoryNotEmpty: new HistoryNotEmpty('The log holds events already.'),
  InvalidSource: new InvalidSource('leads.csv: there is no such file.'),
  InvalidMapping: new InvalidMapping('crm.yaml', [{ line: 3, message: 'name is missing' }]),
  SetupRefused: new SetupRefused('The setup was refused.'),
  InvalidDeclaration: new InvalidDeclaration(
    "The declarations of the contexts can't be used: modules: there is no context trade; there are sales.",
  ),
  InvalidInput: new InvalidInput('SkipDeadLetter', [{ field: 'reason', message: 'reason is required' }]),
  Rejection: new Rejection('LEAD_NOT_OPEN', 'The lead is not open.', 'id'),
  LogUnavailable: new LogUnavailable('The disk of /data/events.db is full. Make room.', { attempt: 'read the log' }),
  InvalidList: new InvalidList('erasures.jsonl, line 3, is not what `daybook erasures --json` prints.'),
  InvalidSeal: new InvalidSeal(
    { id: 'e1', stream: { type: 'contact', id: 'c1' }, type: 'ContactRegistered', version: 1 },
    'was changed, or belongs to another event',
  ),
  KeysUnavailable: new KeysUnavailable('The key store /data-keys/keys.db does not exist. Mount its disk.'),
  NoSuchPosition: new NoSuchPosition(7),
  PortInUse: new PortInUse('Port 4000 is in use already.'),
  MigrationRefused: new MigrationRefused('The target holds other events.'),
  StaleDecision: new StaleDecision('e2', { key: 'k', id: 'e1', type: 'LeadRegistered', position: 5 } as ConstructorParameters<
    typeof StaleDecision
  >[1]),
  NotFound: new NotFound('readModel', 'There is no read model "lead".'),
  LockHeld: new LockHeld('/data/server.lock', 42),
  DatabaseUnavailable: new DatabaseUnavailable('full', 'The disk of /data/views.db is full.'),
  BadCursor: new BadCursor('after is not a cursor of this query.'),
  BuildGone: new BuildGone('leads@1#2'),
  ErasuresMoved: new ErasuresMoved('leads@1#2', 1, 2),
  CheckpointMoved: new CheckpointMoved('leads@1#2', 5, 6),
  LeaseLost: new LeaseLost('leads'),
  NoHistory: new NoHistory('leads'),
  NotReady: new NotReady('leads@1#2 is still being built.'),
  PositionTimeout: new PositionTimeout('leads', 12, 9),
  ViewsUnavailable: new ViewsUnavailable('The views at mongodb://db.internal can not be reached.'),
} satisfies Readonly<Record<string, KnownError>>;
