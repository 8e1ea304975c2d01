/** Every text that people fill in freely is marked as personal data, or named here as a thing of the business. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { streamTypes } from '../../contracts/index.js';

const ofTheBusiness = new Set([
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

/** The paths of texts without a form of their own that no mark covers. */
function unmarked(schema: Json, path = ''): string[] {
  if (schema.personal !== undefined) return [];
  if (schema.anyOf) return schema.anyOf.flatMap((one) => unmarked(one, path));
  if (schema.items) return unmarked(schema.items, path);
  if (schema.properties) return Object.entries(schema.properties).flatMap(([name, one]) => unmarked(one, path ? `${path}.${name}` : name));
  return schema.type === 'string' && !schema.pattern && !schema.format && !schema.enum ? [path] : [];
}

describe('Personal data', () => {
  it.each(
    Object.values(streamTypes)
      .flat()
      .map((definition) => [definition.type, definition] as const),
  )('is marked in %s', (type, definition) => {
    const left = unmarked(z.toJSONSchema(definition.schema) as Json).filter(
      (path) => !ofTheBusiness.has(path) && !ofTheBusiness.has(`${type} ${path}`),
    );
    expect(left).toEqual([]);
  });

  it('says whose it is where that is somebody else than the record', () => {
    const conversion = streamTypes['lead']?.find((definition) => definition.type === 'LeadConverted');
    const schema = JSON.stringify(z.toJSONSchema(conversion!.schema));
    expect(schema).toContain('"personal":"contact.id"');
    expect(schema).toContain('"personal":"account.id"');
  });
});
