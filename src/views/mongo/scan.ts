/** Documents with all their kept versions as they lie in MongoDB, and what beside them does not follow from them. */
import { isDeepStrictEqual } from 'node:util';
import type { Document } from '../../kernel/projection.js';
import type { DocumentHistory } from '../port.js';
import type { Collections, Layout, PastRow, Row } from './layout.js';
import { rowOf } from './row.js';

export async function scanned(
  layout: Layout,
  { current, past }: Collections,
  after: string | undefined,
  limit: number,
): Promise<readonly DocumentHistory[]> {
  const { history } = layout.model;
  // Where versions are kept, so are tombstones: every key that ever was is here.
  const rows = await current
    .find({ ...(history ? {} : { live: true }), ...(after === undefined ? {} : { _id: { $gt: after } }) }, { promoteLongs: false })
    .sort({ _id: 1 })
    .limit(limit)
    .toArray();
  const superseded = history
    ? await past
        .find({ key: { $in: rows.map(({ _id }) => _id) } }, { promoteLongs: false })
        .sort({ key: 1, until: 1 })
        .toArray()
    : [];
  const versionsOf = new Map<string, PastRow[]>(rows.map(({ _id }) => [_id, []]));
  for (const version of superseded) versionsOf.get(version.key)?.push(version);
  return rows.map((row) => {
    // Read after the current ones: one that is current here may have been superseded since.
    const before = (versionsOf.get(row._id) ?? []).filter(({ since }) => since < row.since);
    const versions = [...before, ...(row.live ? [row] : [])].map((version) => versionOf(layout, version));
    const damage = versions.flatMap((version) => version.damage ?? []).join('; ');
    return {
      key: row._id,
      versions: versions.map(({ since, until, document }) => ({ since, until, document })),
      ...(damage === '' ? {} : { damage }),
    };
  });
}

function versionOf(layout: Layout, row: Row | PastRow) {
  const until = 'until' in row ? row.until : null;
  const document = parsed(row.doc);
  const titles = document ? damaged(layout, row, document) : ['document'];
  const which = until === null ? 'the current version' : `the version of ${row.since}`;
  return { since: row.since, until, document: document ?? {}, damage: titles.length > 0 ? `${which}: ${titles.join(', ')}` : undefined };
}

/** What beside a document does not follow from it. */
function damaged(layout: Layout, row: Row, document: Document): readonly string[] {
  const expected = storable(layout, row, document);
  if (!expected) return ['document'];
  const columns = [...layout.columns.keys()].filter((name) =>
    (['v', 'o', 'u'] as const).some((part) => !isDeepStrictEqual(row[part][name], expected[part][name])),
  );
  return isDeepStrictEqual(row.w, expected.w) ? columns : [...columns, 'words'];
}

/** Undefined when the document could not have been stored by this program. */
function storable(layout: Layout, { since }: Row, document: Document): Row | undefined {
  try {
    return rowOf(layout, since, document);
  } catch {
    return undefined; // Somebody else wrote it: it is told as damage.
  }
}

function parsed(text: string): Document | undefined {
  try {
    return JSON.parse(text) as Document;
  } catch {
    return undefined; // Somebody else wrote it: it is told as damage.
  }
}
