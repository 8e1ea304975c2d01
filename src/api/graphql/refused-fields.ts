/** Which argument a check of GraphQL's own refused: it tells a variable or a place in the text, clients need the path. */
import { Kind, parse, visit, type ASTNode, type DocumentNode, type GraphQLError } from 'graphql';

/** A problem with an argument of a field. */
export interface ArgumentProblem {
  /** The way to it, such as `["input", "stages", "0", "name"]`. */
  readonly path: readonly string[];
  readonly message: string;
}

/** The error's argument and message, in the form in which the program tells its own; undefined when it is about no argument. */
export function refusedField(error: GraphQLError): ArgumentProblem | undefined {
  const location = error.nodes?.[0]?.loc;
  const document = location && parse(location.source);
  const [, name] = variable.exec(error.message) ?? [];
  if (name !== undefined) return ofVariable(name, error.message, document);
  return document && ofText(error, document, location);
}

const variable = /^Variable "\$(\w+)"/;
/** Where in the variable; what follows is the reason. Before it stands the whole value, which nobody wants back. */
const place =
  /(?: at "\w+((?:\.\w+|\[\d+\])+)")?; ((?:Field "|Expected |Enum "|Value "|(?:String|Int|Float|Boolean|ID) can|\w+ must be |Exactly one key).*)$/s;
/** A field that the reason names, below the place. */
const below = /^Field "(?:\w+\.)?(\w+)" (?:is not defined|of required type)/;

/** The variable stands for an argument or a part of one, which is where it is used first. */
function ofVariable(name: string, message: string, document: DocumentNode | undefined): ArgumentProblem {
  const [, at = '', reason = message] = place.exec(message) ?? [];
  const within = at.split(/[.[\]]+/).filter((part) => part !== '');
  const used = document && pathTo(document, (node) => node.kind === Kind.VARIABLE && node.name.value === name);
  return problem([...(used ?? [name]), ...within], reason);
}

function ofText(error: GraphQLError, document: DocumentNode, { start, end }: { readonly start: number; readonly end: number }) {
  const path = pathTo(document, ({ loc }) => loc?.start === start && loc.end === end);
  return path && problem(path, error.message);
}

/** The arguments, fields and places in lists that lead to a node; undefined when it is in no argument. */
function pathTo(document: DocumentNode, isIt: (node: ASTNode) => boolean): readonly string[] | undefined {
  let steps: string[] = [];
  let found: readonly string[] | undefined;
  visit(document, {
    enter: (node, key, _parent, _path, ancestors) => {
      if (found) return false;
      if (node.kind === Kind.VARIABLE_DEFINITION) return false;
      const above = ancestors.at(-1);
      if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) steps.push(node.name.value);
      else if (above && 'kind' in above && above.kind === Kind.LIST) steps.push(String(key));
      if (steps.length > 0 && isIt(node)) found = [...steps];
      return undefined;
    },
    leave: (node, _key, _parent, _path, ancestors) => {
      const above = ancestors.at(-1);
      const counted = node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD;
      if (counted || (above && 'kind' in above && above.kind === Kind.LIST)) steps = steps.slice(0, -1);
    },
  });
  return found;
}

function problem(path: readonly string[], reason: string): ArgumentProblem {
  const named = below.exec(reason)?.[1];
  const whole = named === undefined || named === path.at(-1) ? path : [...path, named];
  // Messages name fields as those of the program's own checks do: below the input of a command.
  const shown = (whole[0] === 'input' && whole.length > 1 ? whole.slice(1) : whole).join('.');
  const told = new RegExp(`["$.]${whole.at(-1) ?? ''}"`).test(reason);
  return { path: whole, message: told ? reason : `${shown}: ${reason}` };
}
