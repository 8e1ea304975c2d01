/**
 * The code that declarations come to: their own and that of every declaration they use, in this project, along imports of values. Without
 * types, comments, descriptions for people, layout, and where it stands: so what is beside it in a file may change, and it may move.
 */
import { parseSync, printSync, transformFileSync } from '@swc/core';
import { dirname, resolve } from 'node:path';

/**
 * @param roots files with the name of one of their declarations each; `*`: all that a file declares
 * @param ignored whether what a file declares is left out, and its name alone stands for it
 * @returns each declaration once, in the order in which they are come upon
 */
export function reachedCode(roots, ignored = () => false) {
  const code = new Set();
  const seen = new Set();
  const reach = (file, name) => {
    const { declared, statements, imported } = moduleOf(file);
    const found = name === '*' ? statements : (declared.get(name) ?? []);
    if (found.length === 0) throw new Error(`${file} declares no ${name}.`);
    for (const { text, mentioned } of found.filter((statement) => !seen.has(statement) && seen.add(statement))) {
      code.add(text);
      for (const used of mentioned) {
        const from = imported.get(used);
        if (!from) {
          if (declared.has(used)) reach(file, used);
        } else if (from.file === undefined || ignored(from.file)) code.add(`import ${from.name}`);
        else reach(from.file, from.name);
      }
    }
  };
  for (const { file, name } of roots) reach(file, name);
  return [...code];
}

const modules = new Map();

/** The top-level statements of a file, the ones that make each name, and what it imports. */
function moduleOf(file) {
  const known = modules.get(file);
  if (known) return known;
  const imported = new Map();
  const statements = [];
  for (const item of parseSync(withoutTypes(file), { syntax: 'ecmascript', target: 'es2023' }).body) {
    if (item.type === 'ImportDeclaration') for (const [local, from] of importsOf(file, item)) imported.set(local, from);
    else statements.push(statementOf(item));
  }
  const declared = new Map();
  for (const statement of statements) {
    for (const name of statement.names) declared.set(name, [...(declared.get(name) ?? []), statement]);
  }
  // What is done to a declaration where it stands, as decorators do, belongs to it.
  for (const statement of statements.filter(({ names }) => names.length === 0)) {
    for (const name of statement.mentioned) declared.get(name)?.push(statement);
  }
  modules.set(file, { declared, statements, imported });
  return modules.get(file);
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

function* importsOf(file, { source: { value: source }, specifiers }) {
  const target = source.startsWith('.') ? resolve(dirname(file), source).replace(/\.js$/, '.ts') : undefined;
  for (const { type, local, imported } of specifiers) {
    const name = type === 'ImportSpecifier' ? (imported ?? local).value : type === 'ImportDefaultSpecifier' ? 'default' : '*';
    yield [local.value, { file: target, name }];
  }
}

function statementOf(item) {
  const { code } = printSync({ type: 'Module', span: item.span, body: [item], interpreter: null }, { minify: true });
  const declaration = item.declaration ?? item;
  const names = (declaration.declarations?.map(({ id }) => id.value) ?? [declaration.identifier?.value]).filter((name) => name !== undefined);
  const text = code.replaceAll(/description:\s*(["'`])(?:\\.|(?!\1).)*\1,?/g, '');
  return { text, names, mentioned: new Set(mentionedIn(declaration)) };
}

/** The names that a piece of code uses, and those that it gives to what is its own. */
function* mentionedIn(node) {
  if (Array.isArray(node)) for (const each of node) yield* mentionedIn(each);
  else if (node?.type === 'Identifier') yield node.value;
  else if (node !== null && typeof node === 'object') {
    for (const [part, of] of Object.entries(node)) {
      const isLabel = part === 'key' || (part === 'property' && node.type === 'MemberExpression');
      if (!isLabel || of?.type === 'Computed') yield* mentionedIn(of);
    }
  }
}
