/**
 * The code that declarations come to: their own and that of every declaration they use, along imports of values within the project. It is
 * without types, comments, descriptions for people and layout, and without where it stands: what is beside it in a file may change, and it
 * may move. What decorators are given is part of it, but what that comes to is not.
 */
import { parseSync, printSync, transformFileSync } from '@swc/core';
import { dirname, resolve } from 'node:path';

/**
 * @param roots files with the name of one of their declarations each; `*`: all that a file declares
 * @returns each declaration once, in the order in which they are come upon
 */
export function reachedCode(roots) {
  const reached = new Set();
  const packages = new Set();
  const reach = ({ file, name }) => {
    const { declared, statements, imported } = moduleOf(file);
    const found = name === '*' ? statements : declared.get(name);
    if (!found) throw new Error(`${file} declares no ${name}.`);
    for (const statement of found) {
      if (reached.has(statement)) continue;
      reached.add(statement);
      for (const used of statement.uses) {
        const from = declared.has(used) ? { file, name: used } : imported.get(used);
        if (from?.file) reach(from);
        else if (from) packages.add(`import ${from.name} from ${from.source}`);
      }
    }
  };
  roots.forEach(reach);
  return [...[...reached].map(({ code }) => code), ...packages];
}

const modules = new Map();

/** The top-level statements of a file, which of them make each name, and what it imports. */
function moduleOf(file) {
  const known = modules.get(file);
  if (known) return known;
  const { body } = parseSync(withoutTypes(file), { syntax: 'ecmascript', target: 'es2023' });
  const imports = body.filter(({ type }) => type === 'ImportDeclaration');
  const statements = body.filter((item) => !imports.includes(item)).map(statementOf);
  const declared = new Map(statements.flatMap((statement) => statement.names.map((name) => [name, [statement]])));
  // What is done to a declaration where it stands, as decorators do, belongs to it.
  for (const statement of statements.filter(({ names }) => names.length === 0)) {
    for (const name of statement.mentions) declared.get(name)?.push(statement);
  }
  const module = { declared, statements, imported: new Map(imports.flatMap((item) => importsOf(file, item))) };
  modules.set(file, module);
  return module;
}

function withoutTypes(file) {
  return transformFileSync(file, {
    swcrc: false,
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, useDefineForClassFields: false },
      target: 'es2023',
      externalHelpers: true,
    },
    module: { type: 'es6' },
  }).code;
}

function importsOf(file, { source: { value: source }, specifiers }) {
  const target = source.startsWith('.') ? resolve(dirname(file), source).replace(/\.js$/, '.ts') : undefined;
  return specifiers.map(({ type, local, imported }) => {
    const name = type === 'ImportSpecifier' ? (imported ?? local).value : '*';
    return [local.value, { file: target, source, name }];
  });
}

function statementOf(item) {
  const made = item.declaration ?? item;
  const { code } = printSync({ type: 'Module', span: item.span, body: [made], interpreter: null }, { minify: true });
  const names = made.declarations?.map(({ id }) => id.value) ?? (made.identifier ? [made.identifier.value] : []);
  const mentions = new Set(namesIn(made));
  return {
    code: code.replaceAll(/description:\s*(["'`])(?:\\.|(?!\1).)*\1,?/g, ''),
    names,
    mentions,
    uses: names.length > 0 ? mentions : [],
  };
}

/** The names that a piece of code uses, and those that it gives to what is its own. */
function* namesIn(node) {
  if (Array.isArray(node)) for (const each of node) yield* namesIn(each);
  else if (node?.type === 'Identifier') yield node.value;
  else if (node !== null && typeof node === 'object') {
    for (const [part, of] of Object.entries(node)) {
      const isLabel = part === 'key' || (part === 'property' && node.type === 'MemberExpression');
      if (!isLabel || of?.type === 'Computed') yield* namesIn(of);
    }
  }
}
