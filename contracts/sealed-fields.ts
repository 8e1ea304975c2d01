/** Which fields of an event are sealed: takes them out of its data before it is appended, and puts them back when it is read. */
import type { AnyField, AnyFields } from './fields/kind.js';

type Data = Readonly<Record<string, unknown>>;

/** The sealed fields of an object, and the fields with sealed fields inside. */
interface SealedFields {
  readonly own: readonly (readonly [name: string, field: AnyField])[];
  readonly inner: readonly (readonly [name: string, fields: AnyFields, isList: boolean])[];
}

const known = new WeakMap<AnyFields, SealedFields>();

function sealedIn(fields: AnyFields): SealedFields {
  let found = known.get(fields);
  if (!found) {
    const own: [string, AnyField][] = [];
    const inner: [string, AnyFields, boolean][] = [];
    for (const [name, field] of Object.entries(fields)) {
      const { fields: ofObject, entry } = field.kind;
      const ofEntry = entry?.kind.fields;
      if (field.sealed) own.push([name, field]);
      else if (ofObject && hasSealed(ofObject)) inner.push([name, ofObject, false]);
      else if (ofEntry && hasSealed(ofEntry)) inner.push([name, ofEntry, true]);
    }
    found = { own, inner };
    known.set(fields, found);
  }
  return found;
}

/** Whether any of the fields is sealed, or has sealed fields inside. */
export function hasSealed(fields: AnyFields): boolean {
  const { own, inner } = sealedIn(fields);
  return own.length > 0 || inner.length > 0;
}

/**
 * The data without its sealed values, and these, nested alike, entries of lists by their index. A null stays in the data: it says nothing that
 * would have to be sealed.
 * @returns `sealed` is undefined when there are no sealed values
 */
export function split(fields: AnyFields, data: Data): { readonly open: Data; readonly sealed: Data | undefined } {
  const open: Record<string, unknown> = { ...data };
  const sealed: Record<string, unknown> = {};
  const { own, inner } = sealedIn(fields);
  for (const [name] of own) {
    const value = data[name];
    if (value === null || value === undefined) continue;
    sealed[name] = value;
    Reflect.deleteProperty(open, name);
  }
  for (const [name, within, isList] of inner) {
    const value = data[name];
    if (typeof value !== 'object' || value === null) continue;
    const parts = isList ? splitEntries(within, value as readonly Data[]) : split(within, value as Data);
    open[name] = parts.open;
    if (parts.sealed) sealed[name] = parts.sealed;
  }
  return { open, sealed: Object.keys(sealed).length > 0 ? sealed : undefined };
}

function splitEntries(fields: AnyFields, entries: readonly Data[]): { readonly open: readonly Data[]; readonly sealed: Data | undefined } {
  const parts = entries.map((entry) => split(fields, entry));
  const sealed = Object.fromEntries(parts.flatMap((part, index) => (part.sealed ? [[String(index), part.sealed]] : [])));
  return { open: parts.map(({ open }) => open), sealed: Object.keys(sealed).length > 0 ? sealed : undefined };
}

/** The data with sealed values put back in their places. */
export function merge(open: unknown, sealed: Data): unknown {
  if (Array.isArray(open)) {
    return open.map((entry: unknown, index) => {
      const inner = sealed[index];
      return inner === undefined ? entry : merge(entry, inner as Data);
    });
  }
  const data: Record<string, unknown> = { ...(open as Data) };
  for (const [name, value] of Object.entries(sealed)) {
    const before = data[name];
    data[name] = typeof before === 'object' && before !== null ? merge(before, value as Data) : value;
  }
  return data;
}

/** The data with null in place of each sealed value. In a revision, a field without a value stays without one. */
export function withheld(fields: AnyFields, open: Data): Data {
  const data: Record<string, unknown> = { ...open };
  const { own, inner } = sealedIn(fields);
  for (const [name, { absence }] of own) {
    if (absence !== 'kept' && absence !== 'clearable') data[name] = null;
    else if (data[name] !== null) Reflect.deleteProperty(data, name);
  }
  for (const [name, within, isList] of inner) {
    const value = open[name];
    if (typeof value !== 'object' || value === null) continue;
    data[name] = isList ? (value as readonly Data[]).map((entry) => withheld(within, entry)) : withheld(within, value as Data);
  }
  return data;
}
