/** What may be personal is sealed in the log. What is not sealed by its kind's default stands here with the reason, to be reviewed like code. */
import { describe, expect, it } from '@jest/globals';
import type { AnyFields } from '../../contracts/fields/index.js';
import { domain } from '../../src/domain.js';
import { sealedFieldsOfEvents } from '../support/domain/sealed-fields.js';

/** The fields of all events that are open in spite of their kind, each with its reason. */
function openFields(fields: AnyFields, path: string): readonly (readonly [path: string, reason: string])[] {
  return Object.entries(fields).flatMap(([name, { openReason, kind }]) => [
    ...(openReason === undefined ? [] : [[`${path}.${name}`, openReason] as const]),
    ...(kind.entry?.openReason === undefined ? [] : [[`${path}.${name}[]`, kind.entry.openReason] as const]),
    ...openFields(kind.fields ?? kind.entry?.kind.fields ?? {}, `${path}.${name}`),
  ]);
}

const events = domain.records.flatMap((record) => record.events);

describe('Personal data', () => {
  it('is sealed but for fields that say why not', () => {
    const byReason: Record<string, string[]> = {};
    for (const [path, reason] of events.flatMap(({ type, fields }) => openFields(fields, type))) (byReason[reason] ??= []).push(path);
    expect(byReason).toMatchSnapshot();
  });

  it('is sealed in these fields', () => {
    expect(sealedFieldsOfEvents()).toMatchSnapshot();
  });

  it('is marked in the published schema of events', () => {
    const sealed = domain.records.flatMap((record) => record.events).find(({ type }) => type === 'ContactRegistered');
    expect(JSON.stringify(sealed?.schema.toJSONSchema())).toContain('"sealed":true');
  });
});
