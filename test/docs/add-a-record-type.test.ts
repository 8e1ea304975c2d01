/** docs/add-a-record-type.md: its code, added to a copy of the project, compiles, and its commands and requests answer as the page says. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeBlocks, patched, type CodeBlock } from '../support/docs-page.js';
import { sharedFolder } from '../support/folder.js';
import { startServer } from '../support/processes/server.js';

const root = join(import.meta.dirname, '..', '..');
const folder = sharedFolder();
const at = (path: string): string => join(folder.path, path);
const blocks = codeBlocks('docs/add-a-record-type.md');
const inLanguage = (...languages: readonly string[]): readonly CodeBlock[] => blocks.filter(({ language }) => languages.includes(language));

/** How long a step may take on a machine that does other things too, in milliseconds. */
const PATIENCE_MS = 300_000;

/** The commands of the page with what each printed. */
const consoles = inLanguage('console').flatMap(({ code }) =>
  code
    .split(/^\$ /m)
    .slice(1)
    .map((entry) => {
      const [command = '', ...printed] = entry.split('\n');
      return { command, printed: printed.join('\n') };
    }),
);
const withoutNumbers = (text: string): string => text.replace(/\d+/g, 'N');

/** Runs a command of the page in the copy. It must print what the page says, whatever the numbers. */
const expectPrinted = ({ command, printed }: { readonly command: string; readonly printed: string }): void => {
  const { stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: folder.path, encoding: 'utf8', maxBuffer: 2 ** 26 });
  expect({ command, printed: withoutNumbers(stdout), stderr }).toMatchObject({ command, printed: withoutNumbers(printed) });
};

const node = (...args: readonly string[]): void => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder.path, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
};

beforeAll(() => {
  const copied = [
    'package.json',
    'tsconfig.json',
    '.swcrc',
    'jest.config.js',
    'scripts',
    'src',
    'contracts',
    'projections',
    'docs',
    'test/support',
  ];
  for (const path of copied) cpSync(join(root, path), at(path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), at('node_modules'));
  for (const { language, file, code } of inLanguage('ts', 'diff')) {
    if (file === undefined) throw new Error(`A block of the page names no file:\n${code}`);
    mkdirSync(dirname(at(file)), { recursive: true });
    writeFileSync(at(file), language === 'ts' ? code : patched(readFileSync(at(file), 'utf8'), code));
  }
}, PATIENCE_MS);

describe('the record type', () => {
  it('has less than 150 lines in three files', () => {
    const files = ['contracts/marketing/voucher.ts', 'src/marketing/voucher.ts', 'projections/marketing/vouchers.ts'];
    const lines = files.map((file) => readFileSync(at(file), 'utf8').trimEnd().split('\n').length);
    expect(lines.reduce((sum, each) => sum + each)).toBeLessThan(150);
  });

  it('is formatted as the project is', () => {
    const written = inLanguage('ts').flatMap(({ file = '' }) => file);
    cpSync(join(root, '.prettierrc'), at('.prettierrc'));
    node('node_modules/prettier/bin/prettier.cjs', '--check', ...written);
  });

  it(
    'compiles',
    () => {
      const include = ['src/**/*.ts', 'contracts/**/*.ts', 'projections/**/*.ts', 'test/marketing/*.ts'];
      writeFileSync(at('tsconfig.page.json'), JSON.stringify({ extends: './tsconfig.json', include }));
      node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.page.json');
    },
    PATIENCE_MS,
  );

  it('keeps its rules', () => node('--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '-w', '1', 'test/marketing'), PATIENCE_MS);
});

it(
  'is published, served and rebuilt as the page says',
  async () => {
    const rebuild = consoles.findIndex(({ command }) => command.includes('rebuild'));
    expect(rebuild).toBeGreaterThan(0);
    for (const entry of consoles.slice(0, rebuild)) expectPrinted(entry);

    const server = await startServer(at('data'), {}, [], at('dist/src/cli/main.js'));
    const requests = inLanguage('graphql', 'json');
    expect(requests.length).toBeGreaterThan(8);
    const answers = async (from: number): Promise<void> => {
      for (let index = from; index < requests.length; index += 2) {
        const [request, answer] = requests.slice(index, index + 2);
        expect(await server.ask(request?.code ?? '')).toEqual(JSON.parse(answer?.code ?? ''));
      }
    };
    await answers(0);
    for (const entry of consoles.slice(rebuild)) expectPrinted(entry);
    // The rebuilt list answers the queries, which come after the mutations, as the old one did.
    await answers(requests.findIndex(({ language, code }) => language === 'graphql' && !code.startsWith('mutation')));
    expect((await server.stop()).code).toBe(0);
  },
  PATIENCE_MS,
);
