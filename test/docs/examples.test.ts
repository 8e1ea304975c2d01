/** The GraphQL examples of the docs fit the published contract. */
import { expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { codeBlocks } from '../support/docs-page.js';

const root = join(import.meta.dirname, '..', '..');
const contract = buildSchema(readFileSync(join(root, 'contracts/schema.graphql'), 'utf8'));

/** Its examples are of a record type that this contract lacks, and have a test of their own. */
const leftOut: ReadonlySet<string> = new Set(['docs/add-a-record-type.md']);

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((page) => !leftOut.has(page));
const examples = pages.flatMap((page) =>
  codeBlocks(page)
    .filter(({ language }) => language === 'graphql')
    .map(({ code }): [page: string, code: string] => [page, code]),
);

it.each(examples)('%s: %s', (_, code) => {
  expect(validate(contract, parse(code)).map(({ message }) => message)).toEqual([]);
});
