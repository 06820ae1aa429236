// The REST face of the cluster: how it is, what operators ask of it, events as they happen, metrics. Requests are checked and answers
// described by schemas; errors are {code, message}. It binds to the loopback address unless told otherwise, and asks for a token.

import { type FastifyInstance, fastify } from 'fastify';
import type { Logger } from '../../shared/runtime/mod.ts';
import { ClusterMirror, type MirrorPorts } from './cluster-mirror.ts';
import { type DoorOptions, guard } from './door.ts';
import { addEventRoute } from './event-route.ts';
import { describeRoutes } from './openapi.ts';
import { Operations } from './operations.ts';
import { addOperatorRoutes } from './operator-routes.ts';
import { addViewRoutes } from './view-routes.ts';

export interface ApiOptions extends DoorOptions {
  readonly address: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly log: Logger;
}

export class ApiServer {
  readonly #options: ApiOptions;
  readonly #mirror: ClusterMirror;
  readonly #server: FastifyInstance;

  constructor(ports: MirrorPorts, options: ApiOptions) {
    this.#options = options;
    this.#mirror = new ClusterMirror(ports, options.log);
    this.#server = serverOf(ports, this.#mirror, options);
  }

  /** Resolves to the URL under which it answers. */
  async start(): Promise<string> {
    await this.#mirror.start();
    const { address, port, log } = this.#options;
    const url = await this.#server.listen({ host: address, port });
    log.info('the API answers', { url });
    return url;
  }

  async stop(): Promise<void> {
    this.#mirror.stop();
    await this.#server.close();
  }
}

function serverOf(ports: MirrorPorts, mirror: ClusterMirror, options: ApiOptions): FastifyInstance {
  const { log } = options;
  const server = fastify({
    logger: false,
    forceCloseConnections: true,
    // A field that nobody knows is a mistake to be told of, not to be dropped.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allowUnionTypes: true } },
  });
  guard(server, options);
  const document = describeRoutes(server);
  addViewRoutes(server, mirror, ports.clock, document);
  addOperatorRoutes(server, new Operations(ports, mirror));
  addEventRoute(server, mirror.events);
  server.setNotFoundHandler((request, reply) => {
    const message = `nothing answers ${request.method} ${request.url}; /openapi.json lists what there is`;
    return reply.code(404).send({ code: 'API_NOT_FOUND', message });
  });
  server.setErrorHandler((error: Failure, request, reply) => {
    const status = error.status ?? error.statusCode ?? 500;
    // Coded errors speak for themselves; anything else is ours to look into.
    const isOurs = error.status === undefined && status >= 500;
    if (status >= 500) log.error('a request failed', { method: request.method, url: request.url, error });
    const message = isOurs ? 'the API failed; its log says why' : error.message;
    return reply.code(status).send({ code: error.code ?? 'API_FAILED', message });
  });
  return server;
}

interface Failure {
  readonly code?: string;
  /** Of coded errors. */
  readonly status?: number;
  /** Of Fastify's own. */
  readonly statusCode?: number;
  readonly message: string;
}
