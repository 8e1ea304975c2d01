/** The sealed fields of the program's events. */
import type { AnyFields } from '../../../contracts/fields/index.js';
import { domain } from '../../../src/domain.js';
import type { RecordedEvent } from '../../../src/kernel/event.js';

/** All of them, such as `LeadConverted.contact.name`. */
export function sealedFieldsOfEvents(): readonly string[] {
  return domain.records.flatMap(({ events }) => events).flatMap(({ type, fields }) => sealedIn(fields, type));
}

function sealedIn(fields: AnyFields, path: string): readonly string[] {
  return Object.entries(fields).flatMap(([name, { sealed, kind }]) => [
    ...(sealed ? [`${path}.${name}`] : []),
    ...sealedIn(kind.fields ?? kind.entry?.kind.fields ?? {}, `${path}.${name}`),
  ]);
}

/** Those that have a value in one of the events. */
export function filledIn(events: readonly Pick<RecordedEvent, 'type' | 'data'>[]): ReadonlySet<string> {
  const filled = new Set<string>();
  const walk = (value: unknown, path: string): void => {
    if (value === null || value === undefined) return;
    filled.add(path);
    if (Array.isArray(value)) for (const entry of value) walk(entry, path);
    else if (typeof value === 'object') for (const [name, inner] of Object.entries(value)) walk(inner, `${path}.${name}`);
  };
  for (const { type, data } of events) walk(data, type);
  return filled;
}
