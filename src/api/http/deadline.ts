/** The time limit of requests. After it, an error is returned; the work may continue. */
import type { FastifyInstance } from 'fastify';

/** Sets the time limit, in milliseconds. A command may run in spite of the error: sent again, it returns its first result. */
export function answerWithin(app: FastifyInstance, milliseconds: number): void {
  app.addHook('onRequest', (_, reply, done) => {
    const timer = setTimeout(() => {
      if (reply.sent) return;
      const message = `The response took longer than ${milliseconds} ms. Request less data; send a command again with the same commandId.`;
      void reply.code(503).send({ errors: [{ message, extensions: { code: 'TIMED_OUT' } }] });
    }, milliseconds);
    reply.raw.once('close', () => clearTimeout(timer));
    done();
  });
}
