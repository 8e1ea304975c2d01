/** What policies find in read models: as of their event, for which the read model is waited for. */
import type { RecordedEvent } from '../kernel/event.js';
import type { AnyFind } from '../kernel/policy.js';
import type { Document } from '../kernel/projection.js';
import type { Served } from '../views/port/builds.js';
import type { ViewReader } from '../views/port/store.js';
import type { ListQuery, Scalar, Where } from '../views/port/query.js';

/** How long to wait for a read model to reach the event, in milliseconds; then the runner tries again. */
const PATIENCE_MS = 30_000;

const PAGE = 200;

export interface FindingOptions {
  readonly views: Pick<ViewReader, 'list' | 'waitFor'>;
  /** The build of a read model that answers now, waited for while there is none. @throws TypeError when there is no such read model */
  readonly build: (readModel: string) => Promise<Served>;
}

/** What a policy that reacts to an event finds. @throws PositionTimeout, ViewsUnavailable */
export function findAsOf({ views, build }: FindingOptions, { position }: RecordedEvent): AnyFind {
  return async function* find({ model }, values) {
    const served = await build(model.name);
    await views.waitFor(served, position, PATIENCE_MS);
    const is = ([column, value]: [string, unknown]): Where =>
      column === 'id' && model.record ? { kind: 'key', keys: [value as string] } : { kind: 'is', column, op: 'eq', value: value as Scalar };
    const of = Object.entries(values).map(is);
    const query: ListQuery = { where: { kind: 'and', of }, asOf: position, orderBy: [], first: PAGE };
    for (let after: string | undefined; ;) {
      const page = await views.list(served, after === undefined ? query : { ...query, after });
      const rows = JSON.parse(page.json) as readonly { readonly cursor: string; readonly document: Document }[];
      for (const { document } of rows) yield document;
      if (!page.hasNext) return;
      after = rows.at(-1)?.cursor;
    }
  };
}
