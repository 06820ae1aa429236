// The REST face of the cluster, read-only for now: health and state. Answers are described by schemas; errors are {code, message}.
// It binds to the loopback address unless told otherwise, for it asks nobody who they are yet.

import { Type } from '@sinclair/typebox';
import { type FastifyInstance, fastify } from 'fastify';
import type { Clock, Logger } from '../../shared/runtime/mod.ts';
import { ClusterMirror, type MirrorPorts } from './cluster-mirror.ts';
import { HealthView, HostView, MigrationView, ProblemView, StateView, VmView } from './views.ts';

export interface ApiOptions {
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
    this.#server = serverOf(this.#mirror, ports.clock, options.log);
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

function serverOf(mirror: ClusterMirror, clock: Clock, log: Logger): FastifyInstance {
  const server = fastify({ logger: false, forceCloseConnections: true });
  const answering = <S>(schema: S) => ({
    schema: { response: { 200: schema, '4xx': ProblemView, '5xx': ProblemView } },
  });

  server.get('/healthz', answering(HealthView), () => ({ status: 'ok' as const, timeNs: clock.now() }));
  server.get('/v1/state', answering(StateView), () => mirror.state());
  server.get('/v1/hosts', answering(Type.Object({ hosts: Type.Array(HostView) })), () => ({ hosts: mirror.hosts() }));
  server.get('/v1/vms', answering(Type.Object({ vms: Type.Array(VmView) })), () => ({ vms: mirror.vms() }));
  server.get('/v1/migrations', answering(Type.Object({ migrations: Type.Array(MigrationView) })), () => ({
    migrations: mirror.migrations.list(),
  }));

  server.setNotFoundHandler((request, reply) => {
    const known = 'there are /healthz, /v1/state, /v1/hosts, /v1/vms and /v1/migrations';
    const message = `nothing answers ${request.method} ${request.url}; ${known}`;
    return reply.code(404).send({ code: 'API_NOT_FOUND', message });
  });
  server.setErrorHandler(
    (error: { readonly code?: string; readonly statusCode?: number; readonly message: string }, request, reply) => {
      const status = error.statusCode ?? 500;
      if (status >= 500) log.error('a request failed', { method: request.method, url: request.url, error });
      const message = status >= 500 ? 'the API failed; its log says why' : error.message;
      return reply.code(status).send({ code: error.code ?? 'API_FAILED', message });
    },
  );
  return server;
}
