/**
 * The code of declarations and of all declarations that they use, following imports of values within the project. It excludes types, comments,
 * descriptions and layout, and does not depend on its location: other code in the same file may change, and the code may move.
 */
import { parseSync, printSync, transformFileSync } from '@swc/core';
import { dirname, resolve } from 'node:path';

/**
 * @param roots files, each with the name of one of its declarations
 * @param options.isLeftOut whether the declarations of a file, and what they use, are excluded
 * @param options.withoutArguments by function name: the index of the excluded argument and, if that is an object, the properties that
 *   are kept
 * @returns each declaration once, in the order of discovery
 */
export function reachedCode(roots, { isLeftOut, withoutArguments }) {
  const moduleOf = modulesWithout(withoutArguments);
  const reached = new Set();
  const packages = new Set();
  const reach = ({ file, name }) => {
    if (isLeftOut(file)) return;
    const { declared, imported } = moduleOf(file);
    const found = declared.get(name);
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

/** Finds the declarations and imports of a file. */
function modulesWithout(withoutArguments) {
  const modules = new Map();
  return (file) => {
    const known = modules.get(file);
    if (known) return known;
    const { body } = parseSync(withoutTypes(file), { syntax: 'ecmascript', target: 'es2023' });
    const imports = body.filter(({ type }) => type === 'ImportDeclaration');
    const statements = body.filter((item) => !imports.includes(item)).map((item) => statementOf(reduced(item, withoutArguments)));
    const declared = new Map(statements.flatMap((statement) => statement.names.map((name) => [name, [statement]])));
    // A statement that declares nothing, such as an assignment to a property, belongs to the declarations that it mentions.
    for (const statement of statements.filter(({ names }) => names.length === 0)) {
      for (const name of statement.mentions) declared.get(name)?.push(statement);
    }
    const module = { declared, imported: new Map(imports.flatMap((item) => importsOf(file, item))) };
    modules.set(file, module);
    return module;
  };
}

/** The syntax tree without descriptions and excluded arguments. */
function reduced(node, withoutArguments) {
  if (Array.isArray(node)) return node.filter((each) => !isDescription(each)).map((each) => reduced(each, withoutArguments));
  if (node === null || typeof node !== 'object') return node;
  if (node.type === 'CallExpression') {
    const { callee } = node;
    if (callee.type === 'MemberExpression' && callee.property.value === 'describe') return reduced(callee.object, withoutArguments);
    const rule = withoutArguments[nameOfCalled(callee)];
    if (rule) return reducedParts({ ...node, arguments: node.arguments.map((each, at) => argument(each, at, rule)) }, withoutArguments);
  }
  return reducedParts(node, withoutArguments);
}

function reducedParts(node, withoutArguments) {
  return Object.fromEntries(Object.entries(node).map(([part, of]) => [part, reduced(of, withoutArguments)]));
}

/** `list` of `list(…)`, and `recordType` of `recordType()(…)`. */
function nameOfCalled(callee) {
  return callee.type === 'CallExpression' ? nameOfCalled(callee.callee) : callee.value;
}

function argument(node, at, { leftOut, keeps = [] }) {
  if (at !== leftOut) return node;
  const { expression } = node;
  const properties = expression.type === 'ObjectExpression' ? expression.properties : [];
  const kept = properties.filter(({ type, key, value }) => type === 'SpreadElement' || keeps.includes(key?.value ?? value));
  return { ...node, expression: { type: 'ObjectExpression', span: expression.span, properties: kept } };
}

function isDescription(node) {
  return (
    node?.type === 'KeyValueProperty' && node.key.value === 'description' && ['StringLiteral', 'TemplateLiteral'].includes(node.value.type)
  );
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
    code,
    names,
    mentions,
    uses: names.length > 0 ? mentions : [],
  };
}

/** The names that a syntax tree uses or declares. */
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
