/** The GraphiQL page, served from the package without external resources. */
import { Controller, Get, Header, Inject, NotFoundException, Redirect } from '@nestjs/common';
import { SERVICES, type Services } from '../services.js';

const EXAMPLE = `# Ctrl-Enter runs it; the contract is in the pane on the left.
{
  leads(first: 10, orderBy: [{ field: CREATED_AT, direction: DESC }]) {
    totalCount
    nodes { id name status origin createdAt }
  }
  leadFunnelSummary(groupBy: [{ by: ORIGIN }]) {
    groups { origin registered qualified converted won winRate daysToWon { mean median } }
    total { registered won winRate }
  }
}
`;

@Controller()
export class GraphiqlController {
  #page: Promise<string> | undefined;

  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /** Redirects browsers from the root path. */
  @Get()
  @Redirect('/graphiql')
  root(): void {
    if (!this.services.config.introspection) throw new NotFoundException();
  }

  @Get('graphiql')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('cache-control', 'public, max-age=3600')
  @Header('content-security-policy', "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; frame-ancestors 'none'")
  page(): Promise<string> {
    if (!this.services.config.introspection) throw new NotFoundException();
    // Loaded on first use: the page has 9 MB.
    this.#page ??= import('@graphql-yoga/render-graphiql').then(({ renderGraphiQL }) =>
      renderGraphiQL({ title: 'Daybook', endpoint: '/graphql', subscriptionsProtocol: 'WS', defaultQuery: EXAMPLE }),
    );
    return this.#page;
  }
}
