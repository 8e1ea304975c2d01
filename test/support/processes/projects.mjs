/**
 * Projects a log into read models as another process, on the built program, until it is killed:
 *   node projects.mjs <place of the log as JSON> <place of the read models as JSON> <events per page> [<partitions>]
 * With partitions it shares the work with other such processes.
 * Prints what it is about to do whenever that changes: `tailing`, `building`, `finalizing`, `cutting over`; and `retrying <why>` after a failure.
 */
import { clearInterval, setInterval } from 'node:timers';
import { openSealed, openViewReader, openViewWriter } from '../../../dist/src/engines.js';
import { domain } from '../../../dist/src/domain.js';
import { Projector } from '../../../dist/src/projector/projector.js';
import { projections } from './fragile-projections.mjs';

const [logPlace, viewsPlace, pageSize, partitions] = process.argv.slice(2);

let phase = '';
const tell = (now) => {
  if (phase !== now) console.log(now);
  phase = now;
};

/** The object with a phase told before some of its methods. */
const telling = (target, phases) =>
  new Proxy(target, {
    get: (of, name) => {
      const own = Reflect.get(of, name);
      if (typeof own !== 'function') return own;
      return (...args) => {
        if (name in phases) tell(phases[name]);
        return own.apply(of, args);
      };
    },
  });

const log = await openSealed(JSON.parse(logPlace), domain, { readOnly: true });
const views = await openViewWriter(JSON.parse(viewsPlace));
const reader = await openViewReader({ ...JSON.parse(viewsPlace), readerThreads: 0 });
const projector = new Projector({
  // Only builds that are behind are read for by pages; the others follow the tail.
  log: telling(log, { readAll: 'building' }),
  views: telling(views, { finalize: 'finalizing', cutOver: 'cutting over' }),
  reader,
  projections,
  pageSize: Number(pageSize),
  graceMs: 0,
  ...(partitions === undefined ? {} : { spread: true, rebuildPartitions: Number(partitions) }),
  onBatch: () => {
    if (phase !== 'building') tell('tailing');
  },
  onRetry: (failure) => tell(`retrying ${failure instanceof Error ? failure.stack : String(failure)}`),
});
console.log('started');
const idle = setInterval(() => tell('tailing'), 50);
await projector.run(new globalThis.AbortController().signal);
clearInterval(idle);
