/** Every request is answered in time: one that takes longer is told so, and what it still does is not waited for. */
import type { FastifyInstance } from 'fastify';

/** Sets how long an answer may take, in milliseconds. A command that ran into it may have been done: sent again, it answers its first result. */
export function answerWithin(app: FastifyInstance, milliseconds: number): void {
  app.addHook('onRequest', (_, reply, done) => {
    const timer = setTimeout(() => {
      if (reply.sent) return;
      const message = `The answer took longer than ${milliseconds} ms. Ask for less; a command can be sent again with the same commandId.`;
      void reply.code(503).send({ errors: [{ message, extensions: { code: 'TIMED_OUT' } }] });
    }, milliseconds);
    reply.raw.once('close', () => clearTimeout(timer));
    done();
  });
}
