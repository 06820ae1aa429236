// GET /v1/events: the newest events as NDJSON, one a line, and with follow=true all that come until the caller leaves. A caller that reads
// too slowly is let go, so that no queue grows without bound; what it missed shows in the sequence numbers of the sources.

import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { ClusterEvent, Name } from '../../shared/protocol/mod.ts';
import { apiErrors } from './errors.ts';
import { type EventFeed, FOLLOWERS_MAX } from './event-feed.ts';
import { ProblemView } from './views.ts';

/** Chosen: seconds of a very noisy guest. */
const UNREAD_BYTES_MAX = 4 * 2 ** 20;

const yesOrNo = () => Type.Optional(Type.Unsafe<'true' | 'false'>({ type: 'string', enum: ['true', 'false'] }));
const EventQuery = Type.Object(
  {
    follow: yesOrNo(),
    /** Whether those that were kept come first; true when absent. */
    recent: yesOrNo(),
    /** Kinds or their first words, parted by commas: `migration,vm.console`. */
    kind: Type.Optional(Type.String({ pattern: '^[a-z.,-]+$' })),
    vm: Type.Optional(Name),
    host: Type.Optional(Name),
  },
  { additionalProperties: false },
);

export function addEventRoute(server: FastifyInstance, feed: EventFeed): void {
  const schema = {
    summary: 'Events as NDJSON: the newest, and with follow=true all that come',
    querystring: EventQuery,
    answers: 'application/x-ndjson',
    response: { 200: ClusterEvent, '4xx': ProblemView, '5xx': ProblemView },
  };
  server.get<{ Querystring: Static<typeof EventQuery> }>('/v1/events', { schema }, (request, reply) => {
    const { follow, recent, kind, vm, host } = request.query;
    const filter = { kinds: kind === undefined ? [] : kind.split(','), vm, host };
    if (follow === 'true' && feed.isFull) throw apiErrors.create('API_STREAMS_FULL', { count: FOLLOWERS_MAX });
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    const send = (event: ClusterEvent): void => {
      raw.write(`${JSON.stringify(event)}\n`);
      if (raw.writableLength > UNREAD_BYTES_MAX) raw.destroy();
    };
    if (recent !== 'false') for (const event of feed.recent(filter)) send(event);
    if (follow !== 'true') {
      raw.end();
      return;
    }
    raw.once('close', feed.follow(filter, send));
    // Whoever has the headers knows that nothing is missed from here on.
    raw.flushHeaders();
  });
}
