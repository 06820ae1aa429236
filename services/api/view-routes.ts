// Routes that only look: health, state, lists, metrics, and the description of them all.

import { Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../shared/runtime/mod.ts';
import type { ClusterMirror } from './cluster-mirror.ts';
import { METRICS_TYPE, renderMetrics } from './metrics.ts';
import type { OpenApiDocument } from './openapi.ts';
import { HealthView, HostView, MigrationView, ProblemView, StateView, VmView } from './views.ts';

export function addViewRoutes(
  server: FastifyInstance,
  mirror: ClusterMirror,
  clock: Clock,
  document: OpenApiDocument,
): void {
  const answering = <S>(summary: string, schema: S) => ({
    schema: { summary, response: { 200: schema, '4xx': ProblemView, '5xx': ProblemView } },
  });
  server.get('/healthz', answering('Whether the API answers', HealthView), () => ({
    status: 'ok' as const,
    timeNs: clock.now(),
  }));
  server.get('/v1/state', answering('The cluster in figures', StateView), () => mirror.state());
  server.get('/v1/hosts', answering('Hosts, by name', Type.Object({ hosts: Type.Array(HostView) })), () => ({
    hosts: mirror.hosts(),
  }));
  server.get('/v1/vms', answering('VMs, by name', Type.Object({ vms: Type.Array(VmView) })), () => ({
    vms: mirror.vms(),
  }));
  const migrations = Type.Object({ migrations: Type.Array(MigrationView) });
  server.get('/v1/migrations', answering('Migrations, the newest first', migrations), () => ({
    migrations: mirror.migrations.list(),
  }));
  const metrics = {
    schema: { summary: 'Metrics for Prometheus', answers: 'text/plain', response: { 200: Type.String() } },
  };
  server.get('/metrics', metrics, (_, reply) =>
    reply.type(METRICS_TYPE).send(renderMetrics(mirror.state(), mirror.hosts())),
  );
  server.get('/openapi.json', { schema: { summary: 'This description' } }, (_, reply) =>
    reply.type('application/json').send(JSON.stringify(document)),
  );
}
