/**
 * The data of events of one type have the same names over and over: about half of their JSON. They are stored once, as a shape, and each event has only
 * the values. A shape is the JSON text of an object, cut where the values stand: ['{"name":', ',"amount":{"amount":', '}}'] and ["Ana", 10] are
 * {"name":"Ana","amount":{"amount":10}}. Values are texts, numbers, booleans, null and arrays; objects are part of the shape.
 */

/** Data cut into its shape and its values. */
export interface Cut {
  /** A JSON array of texts. */
  readonly shape: string;
  /** A JSON array of values, one fewer. */
  readonly values: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * A way along the names of data, in their order: the next step is a value, the beginning of an object, or its end. Whoever has gone the same way before
 * has made the shape's text, so that it is not put together for each event.
 */
class Way {
  readonly values = new Map<string, Way>();
  readonly objects = new Map<string, Way>();
  end: Way | undefined;
  shape: string | undefined;
}

/** The maximum number of steps that are kept in memory. */
const REMEMBERED = 50_000;

let begin = new Way();
let steps = 0;

/** The shape and values of data; undefined when it has no fields, or one of them can't be set on an object by its name. */
export function cut(data: unknown): Cut | undefined {
  if (!isObject(data)) return undefined;
  if (steps > REMEMBERED) [begin, steps] = [new Way(), 0];
  const values: unknown[] = [];
  const way = along(begin, data, values);
  if (way === undefined || values.length === 0) return undefined;
  way.shape ??= JSON.stringify(textOf(data).split('\n'));
  return { shape: way.shape, values: JSON.stringify(values) };
}

/** Goes along the names of an object, and adds its values. */
function along(from: Way, object: Fields, values: unknown[]): Way | undefined {
  let way = from;
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (isLeftOut(value)) continue;
    if (name === '__proto__') return undefined;
    if (isObject(value)) {
      const inner = along(step(way.objects, name), value, values);
      if (inner === undefined) return undefined;
      way = inner.end ??= new Way();
    } else {
      values.push(value);
      way = step(way.values, name);
    }
  }
  return way;
}

function step(ways: Map<string, Way>, name: string): Way {
  const known = ways.get(name);
  if (known) return known;
  const way = new Way();
  ways.set(name, way);
  steps += 1;
  return way;
}

/** The object as JSON with a line break for each value, which JSON never contains. */
function textOf(object: Fields): string {
  const fields = Object.entries(object).filter(([, value]) => !isLeftOut(value));
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${isObject(value) ? textOf(value) : '\n'}`).join(',')}}`;
}

/** Whether JSON leaves such a value out of an object. */
function isLeftOut(value: unknown): boolean {
  return value === undefined || typeof value === 'function' || typeof value === 'symbol';
}

/** Whether it is an object of fields, and not one that JSON writes in its own way, such as a date. */
function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && typeof (value as Fields)['toJSON'] !== 'function';
}

/** The JSON text of data. */
export function whole({ shape, values }: Cut): string {
  const given = JSON.parse(values) as readonly unknown[];
  const pieces = JSON.parse(shape) as readonly string[];
  return pieces.map((piece, index) => piece + (index < given.length ? JSON.stringify(given[index]) : '')).join('');
}

type Builder = (values: readonly unknown[]) => unknown;

/** Makes data of the values of a shape. @throws SyntaxError when the shape is malformed. */
export function builderOf(shape: string): Builder {
  const pieces = JSON.parse(shape) as readonly string[];
  const text = pieces.map((piece, index) => piece + (index < pieces.length - 1 ? String(index) : '')).join('');
  return building(JSON.parse(text));
}

function building(model: unknown): Builder {
  if (typeof model === 'number') return (values) => values[model];
  const fields = Object.entries(model as Fields);
  const names = fields.map(([name]) => name);
  const builders = fields.map(([, value]) => (typeof value === 'number' ? value : building(value)));
  return (values) => {
    const object: Record<string, unknown> = {};
    for (let index = 0; index < names.length; index += 1) {
      const from = builders[index];
      object[names[index] ?? ''] = typeof from === 'number' ? values[from] : from?.(values);
    }
    return object;
  };
}
