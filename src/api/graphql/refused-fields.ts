/** Which field a check of GraphQL's own refused: it tells a variable or a place in the text, people look for a name. */
import { Kind, parse, visit, type GraphQLError } from 'graphql';
import type { FieldProblem } from '../../kernel/input.js';

/** The error's field and message, in the form in which the program tells its own; undefined when it is about no field. */
export function refusedField(error: GraphQLError): FieldProblem | undefined {
  return ofVariable(error.message) ?? ofText(error);
}

const variable = /^Variable "\$(\w+)"/;
/** Where in the variable; what follows is the reason. Before it stands the whole value, which nobody wants back. */
const place =
  /(?: at "\w+((?:\.\w+|\[\d+\])+)")?; ((?:Field "|Expected |Enum "|Value "|(?:String|Int|Float|Boolean|ID) can|\w+ must be ).*)$/s;
/** A field that the reason names, below the place. */
const below = /^Field "(?:\w+\.)?(\w+)" (?:is not defined|of required type)/;

function ofVariable(message: string): FieldProblem | undefined {
  const name = variable.exec(message)?.[1];
  if (name === undefined) return undefined;
  const [, at = '', reason = message] = place.exec(message) ?? [];
  return problem(
    [...at.split(/[.[\]]+/).filter((part) => part !== ''), ...(below.exec(reason)?.[1] ?? '').split(' ').filter(Boolean)],
    reason,
    name,
  );
}

function ofText(error: GraphQLError): FieldProblem | undefined {
  const location = error.nodes?.[0]?.loc;
  if (!location) return undefined;
  const names: string[] = [];
  visit(parse(location.source), {
    enter(node) {
      if (!node.loc || node.loc.start > location.start || node.loc.end < location.end) {
        return node.kind === Kind.DOCUMENT ? undefined : false;
      }
      if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) names.push(node.name.value);
      return undefined;
    },
  });
  if (names.length === 0) return undefined;
  const named = below.exec(error.message)?.[1];
  if (named !== undefined && named !== names.at(-1)) names.push(named);
  const [first, ...rest] = names;
  return problem(first === 'input' ? rest : names, error.message, String(first));
}

/** @param whole the name of the argument or variable, when the problem is with all of it */
function problem(path: readonly string[], reason: string, whole: string): FieldProblem {
  // A place in a list is named by the list.
  const named = path[0] === undefined || /^\d+$/.test(path[0]) ? [whole, ...path] : path;
  const field = named.join('.');
  const told = new RegExp(`["$.]${field.split('.').at(-1) ?? ''}"`).test(reason);
  return { field, message: told ? reason : `${field}: ${reason}` };
}
