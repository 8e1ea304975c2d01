/** Read models as they answer between an erasure and the moment at which a build has applied it: without what was erased. */
import { WITHHELD } from '../kernel/list.js';
import type { Position } from '../kernel/event.js';
import type { Document } from '../kernel/projection.js';
import { readsSealed, type ReadModelSpec } from '../kernel/read-model.js';
import { buildName, hasBuild, idOf } from '../views/port/build-identity.js';
import type { Served } from '../views/port/builds.js';
import type { ListPage, ListQuery } from '../views/port/query.js';
import type { ViewReader } from '../views/port/store.js';
import type { Erasures } from './erasures.js';

/** Whether a record was erased after the position that its document was read at. */
type IsErased = (document: Document) => boolean;

/** The view reader with documents of erased records blanked as long as their build has not applied the erasure. */
export function withoutErased(views: ViewReader, erasures: Erasures): ViewReader {
  /** The positions that builds are known to have reached, by their names. */
  const reached = new Map<string, Position>();

  /** Undefined when the build has applied all erasures that are known. To be asked before the documents are read. */
  const erasedIn = async (build: Served): Promise<IsErased | undefined> => {
    const { model } = build;
    const { record } = model;
    if (!record || !readsSealed(model) || !hasBuild(build)) return undefined;
    const name = buildName(idOf(build));
    if (!erasures.areAnyAfter(reached.get(name) ?? 0)) return undefined;
    const position = await views.position(build);
    reached.set(name, position);
    if (!erasures.areAnyAfter(position)) return undefined;
    return (document) => erasures.isErasedAfter({ type: record, id: String(document['id']) }, position);
  };

  const get: ViewReader['get'] = async (build, keys, asOf) => {
    const isErased = await erasedIn(build);
    const documents = await views.get(build, keys, asOf);
    return isErased ? documents.map((document) => (document && isErased(document) ? blanked(build.model, document) : document)) : documents;
  };

  const list = async (build: Served, query: ListQuery): Promise<ListPage> => {
    const isErased = await erasedIn(build);
    const page = await views.list(build, query);
    if (!isErased) return page;
    const rows = JSON.parse(page.json) as readonly { readonly document: Document }[];
    const shown = rows.map((row) => (isErased(row.document) ? { ...row, document: blanked(build.model, row.document) } : row));
    return { ...page, json: JSON.stringify(shown) };
  };

  return new Proxy(views, {
    get(of, name) {
      if (name === 'get') return get;
      if (name === 'list') return list;
      const own: unknown = Reflect.get(of, name);
      return typeof own === 'function' ? (own.bind(of) as unknown) : own;
    },
  });
}

function blanked({ columns }: ReadModelSpec, document: Document): Document {
  const sealed = columns.flatMap(({ name, sealed: isSealed }) => (isSealed ? [[name, null] as const] : []));
  return { ...document, ...Object.fromEntries(sealed), [WITHHELD]: 'erased' };
}
