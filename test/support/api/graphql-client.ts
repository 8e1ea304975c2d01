/** GraphQL over HTTP as a client of the server sends it: queries, commands as mutations, and requests that no good client would send. */

export interface GraphqlFailure {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** What came back, whatever it was. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as it came. */
  readonly text: string;
  readonly data: unknown;
  readonly errors: readonly GraphqlFailure[];
}

/** What every mutation answers. */
export interface Payload {
  readonly commandId: string | null;
  readonly recordId: string | null;
  readonly revision: number | null;
  readonly position: string | null;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[]; readonly message: string }[];
}

/** The payload of a command that was taken. */
export type Done = { readonly [K in Exclude<keyof Payload, 'userErrors'>]: NonNullable<Payload[K]> };

export type SentHeaders = Readonly<Record<string, string>>;

/** How long a read model may stay behind before an operation counts as failed, in milliseconds. */
const PATIENCE_MS = 60_000;

export class GraphqlClient {
  constructor(readonly url: string) {}

  /** Sends a body as it is. */
  async send(body: string, headers: SentHeaders = {}): Promise<Answer> {
    return answerOf(
      await fetch(`${this.url}/graphql`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', connection: 'close', ...headers },
      }),
    );
  }

  /** Sends an operation and gives whatever comes back. */
  async request(query: string, variables: object = {}, headers: SentHeaders = {}): Promise<Answer> {
    return this.send(JSON.stringify({ query, variables }), headers);
  }

  async get(path: string, headers: SentHeaders = {}): Promise<Answer> {
    return answerOf(await fetch(this.url + path, { headers: { connection: 'close', ...headers } }));
  }

  /**
   * The data of an operation that must succeed, in the shape that the test asked for. It is sent again while a read model is behind
   * `minPosition`, as the error of the server advises: how long that takes depends on the machine.
   */
  async ask<Data>(query: string, variables: object = {}, headers: SentHeaders = {}): Promise<Data> {
    const deadline = Date.now() + PATIENCE_MS;
    let answer = await this.request(query, variables, headers);
    while (answer.errors.some(({ extensions }) => extensions?.code === 'POSITION_TIMEOUT') && Date.now() < deadline) {
      answer = await this.request(query, variables, headers);
    }
    if (answer.status !== 200 || answer.errors.length > 0) throw new Error(`HTTP ${answer.status}: ${answer.text}`);
    return answer.data as Data;
  }

  /** Issues a command, such as `qualifyLead`, and gives its payload, refusals included. */
  async command(name: string, input: object, headers: SentHeaders = {}): Promise<Payload> {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { payload: ${name}(input: $input) { commandId recordId revision position userErrors { code path message } } }`;
    return (await this.ask<{ readonly payload: Payload }>(query, { input }, headers)).payload;
  }

  /** Issues a command that must be taken. */
  async done(name: string, input: object, headers: SentHeaders = {}): Promise<Done> {
    const payload = await this.command(name, input, headers);
    const { commandId, recordId, revision, position, userErrors } = payload;
    if (userErrors.length > 0 || commandId === null || recordId === null || revision === null || position === null) {
      throw new Error(`${name} was not taken: ${JSON.stringify(payload)}`);
    }
    return { commandId, recordId, revision, position };
  }

  /** Where the log stands: unchanged when nothing was written. */
  async logPosition(): Promise<string> {
    return (await this.ask<{ readonly logPosition: string }>('{ logPosition }')).logPosition;
  }
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  let body: { readonly data?: unknown; readonly errors?: readonly GraphqlFailure[] } = {};
  if (response.headers.get('content-type')?.includes('json')) body = JSON.parse(text) as typeof body;
  return { status: response.status, headers: response.headers, text, data: body.data, errors: body.errors ?? [] };
}
