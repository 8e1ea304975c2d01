/** What a summary is asked: by what to group, how many groups to give, and in which time zone to cut. */
import { GraphQLInputObjectType, GraphQLInt, GraphQLNonNull, GraphQLString, type GraphQLFieldConfigArgumentMap } from 'graphql';
import type { PeriodUnit } from '../../kernel/period.js';
import type { ColumnSpec } from '../../kernel/read-model.js';
import { isTimeZone } from '../../kernel/time-zone.js';
import type { MomentArguments } from './context.js';
import { enumType } from './enum-type.js';
import { badInput } from './errors.js';
import { listOf } from './non-null.js';
import type { OrderInput } from './order.js';
import type { CutColumn } from './periods.js';
import type { SelectionArguments } from './selection.js';

/** The most groups that a summary counts. */
export const MOST_GROUPS = 10_000;

export interface SummaryArguments extends MomentArguments, SelectionArguments {
  readonly groupBy: readonly { readonly by: string; readonly unit?: PeriodUnit | null }[];
  readonly orderBy?: readonly OrderInput[] | null;
  readonly top?: number | null;
  readonly timeZone?: string | null;
}

/** Days and instants that are kept to be compared can be cut into periods. */
export const isCut = ({ kind, filter, dimension }: ColumnSpec): boolean => kind.cut !== undefined && (filter || dimension);

const Unit = enumType<PeriodUnit>('PeriodUnit', 'A calendar period that days and instants are grouped by.', {
  day: 'A calendar day.',
  week: 'A week from Monday to Sunday, as ISO 8601 counts.',
  month: 'A calendar month.',
  quarter: 'Three calendar months, from January, April, July or October on.',
  year: 'A calendar year.',
});

export function summaryArguments(typeName: string, dimensions: readonly ColumnSpec[]): GraphQLFieldConfigArgumentMap {
  const dimension = enumType(
    `${typeName}Dimension`,
    'What documents can be grouped by.',
    Object.fromEntries(dimensions.map(({ name, description }) => [name, description ?? `By ${name}.`])),
  );
  const groupBy = new GraphQLInputObjectType({
    name: `${typeName}GroupBy`,
    description: 'One thing that documents are grouped by.',
    fields: {
      by: { type: new GraphQLNonNull(dimension), description: 'What they are grouped by.' },
      ...(dimensions.some(isCut)
        ? { unit: { type: Unit, description: 'The periods of a day or an instant: required of instants, DAY of days when absent.' } }
        : {}),
    },
  });
  return {
    groupBy: {
      type: listOf(groupBy),
      defaultValue: [],
      description: 'What documents are grouped by; nothing when absent: then all of them are one group.',
    },
    top: { type: GraphQLInt, description: 'How many groups to give at most, from 1 to 10,000; all when absent. The others are the rest.' },
    timeZone: { type: GraphQLString, description: "The zone that instants are cut in, by its IANA name; the company's when absent." },
  };
}

/** @throws GraphQLError when something is named twice, an instant comes without a unit, or something else with one */
export function groupingOf(dimensions: readonly ColumnSpec[], groupBy: SummaryArguments['groupBy']) {
  const columns: string[] = [];
  const cuts: CutColumn[] = [];
  for (const [index, { by, unit }] of groupBy.entries()) {
    const path = `groupBy.${index}`;
    const column = dimensions.find(({ name }) => name === by);
    if (groupBy.findIndex((other) => other.by === by) !== index) throw badInput('BAD_USER_INPUT', `${path}.by`, `${by} is named twice.`);
    const kind = column && isCut(column) ? column.kind.cut : undefined;
    if (kind === undefined) {
      if (unit != null) throw badInput('BAD_USER_INPUT', `${path}.unit`, `${by} is neither a day nor an instant: it has no periods.`);
      columns.push(by);
    } else {
      if (unit == null && kind === 'instant') throw badInput('BAD_USER_INPUT', `${path}.unit`, `${by} is an instant: name a unit.`);
      cuts.push({ name: by, kind, unit: unit ?? 'day' });
    }
  }
  return { columns, cuts };
}

/** @throws GraphQLError when there is no such zone */
export function zoneOf(given: string): string {
  if (isTimeZone(given)) return given;
  throw badInput('BAD_USER_INPUT', 'timeZone', 'timeZone must be a name of the IANA database, such as UTC or Europe/Bucharest.');
}

/** @throws GraphQLError when it is out of range */
export function topOf(given: number): number {
  if (given >= 1 && given <= MOST_GROUPS) return given;
  throw badInput('BAD_USER_INPUT', 'top', `top must be from 1 to ${MOST_GROUPS}, not ${given}.`);
}
