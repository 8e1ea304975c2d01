/** When a pipeline's revision drops stages, the open opportunities that stand in them move where the revision says. */
import type { PipelineRevised } from '../../contracts/sales/pipeline.js';
import type { RecordedEvent } from '../kernel/event.js';
import { fromInput } from '../kernel/input.js';
import { LeaveDroppedStage } from '../sales/leave-dropped-stage.js';
import type { ListQuery } from '../views/query.js';
import type { Policy } from './policy.js';

/** How long to wait for the read model of opportunities to reach the revision, in milliseconds; then the runner tries again. */
const PATIENCE_MS = 30_000;

const PAGE = 200;

export const stageMoves: Policy = {
  name: 'stageMoves',
  types: ['PipelineRevised'],
  asksViews: true,
  async *react(event, { views, build }) {
    const { data } = event as RecordedEvent<string, ReturnType<typeof PipelineRevised>['data']>;
    if (data.moves.length === 0) return;
    const opportunities = await build('opportunities');
    await views.reached(opportunities, event.position, PATIENCE_MS);
    for (const { from, to } of data.moves) {
      const query: ListQuery = {
        where: {
          kind: 'and',
          of: [
            { kind: 'is', column: 'pipelineId', op: 'eq', value: event.stream.id },
            { kind: 'is', column: 'stageName', op: 'eq', value: from },
            { kind: 'is', column: 'status', op: 'eq', value: 'open' },
          ],
        },
        asOf: event.position,
        orderBy: [],
        first: PAGE,
      };
      let after: string | undefined;
      do {
        const page = await views.list(opportunities, after === undefined ? query : { ...query, after });
        const rows = JSON.parse(page.json) as readonly { readonly key: string; readonly cursor: string }[];
        for (const { key } of rows) {
          yield { name: key, command: fromInput(LeaveDroppedStage, { id: key, from, to, version: data.version }) };
        }
        after = page.hasNext ? rows.at(-1)?.cursor : undefined;
      } while (after !== undefined);
    }
  },
};
