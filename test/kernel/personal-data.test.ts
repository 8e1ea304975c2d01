/** Every free text is marked as personal data, or listed here as business data. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { LeadConverted } from '../../contracts/sales/lead.js';
import { domain } from '../../src/domain.js';

const ofTheBusiness = new Set([
  'policy',
  'step',
  'command',
  'eventType',
  'eventRecordType',
  'code',
  'origin',
  'source.origin',
  'lead.source.origin',
  'industry',
  'size',
  'segment',
  'website',
  'tags',
  'account.industry',
  'account.size',
  'account.segment',
  'account.website',
  'account.tags',
  'contact.tags',
  'languages',
  'opportunity.stage',
  'stage.name',
  'standing.stage.name',
  'reason',
  'was.reason',
  'PipelineDefined name',
  'PipelineRevised name',
  'stages',
  'stages.name',
  'lossReasons',
  'replaced.stages',
  'moves.from',
  'moves.to',
  'readModel',
  'key',
]);

interface Json {
  readonly type?: string;
  readonly personal?: string;
  readonly pattern?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Json>>;
  readonly items?: Json;
  readonly anyOf?: readonly Json[];
}

/** The paths of free texts that are not marked. */
function unmarked(schema: Json, path = ''): string[] {
  if (schema.personal !== undefined) return [];
  if (schema.anyOf) return schema.anyOf.flatMap((one) => unmarked(one, path));
  if (schema.items) return unmarked(schema.items, path);
  if (schema.properties) return Object.entries(schema.properties).flatMap(([name, one]) => unmarked(one, path ? `${path}.${name}` : name));
  return schema.type === 'string' && !schema.pattern && !schema.format && !schema.enum ? [path] : [];
}

describe('Personal data', () => {
  it.each(domain.records.flatMap(({ events }) => events).map((definition) => [definition.type, definition] as const))(
    'is marked in %s',
    (type, definition) => {
      const left = unmarked(z.toJSONSchema(definition.schema) as Json).filter(
        (path) => !ofTheBusiness.has(path) && !ofTheBusiness.has(`${type} ${path}`),
      );
      expect(left).toEqual([]);
    },
  );

  it("has the field of the person's id if that is not the record", () => {
    const schema = JSON.stringify(z.toJSONSchema(LeadConverted.schema));
    expect(schema).toContain('"personal":"contact.id"');
    expect(schema).toContain('"personal":"account.id"');
  });
});
