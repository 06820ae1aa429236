// Routes that change something. Each answers when what it asked for was taken on; how it goes on is told by events.

import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { Name, VmSpecification } from '../../shared/protocol/mod.ts';
import type { Operations } from './operations.ts';
import { ProblemView } from './views.ts';

const strict = { additionalProperties: false };

const VmPath = Type.Object({ vm: Name }, strict);
const HostPath = Type.Object({ host: Name }, strict);
const MigrationPath = Type.Object({ migration: Name }, strict);
const VmTaken = Type.Object({ vm: Name }, strict);
const HostTaken = Type.Object({ host: Name }, strict);

const MigrateRequest = Type.Object(
  {
    /** The scheduler chooses when it is absent. */
    to: Type.Optional(Name),
    why: Type.Optional(Type.String({ maxLength: 200 })),
  },
  strict,
);
const TypeRequest = Type.Object(
  {
    /** As typed: a line ends with a line feed. */
    text: Type.String({ minLength: 1, maxLength: 1024 }),
    /** Names this input, so that sending it twice types it once. */
    input: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  },
  strict,
);
const WhyRequest = Type.Object({ why: Type.Optional(Type.String({ maxLength: 200 })) }, strict);
const MigrationTaken = Type.Object(
  {
    vm: Name,
    /** Null when the VM is there already. */
    migration: Type.Union([Name, Type.Null()]),
  },
  strict,
);

const OPERATOR = 'an operator';

export function addOperatorRoutes(server: FastifyInstance, operations: Operations): void {
  const described = <P extends object>(summary: string, params: P, status: 200 | 201 | 202, answer: object) => ({
    summary,
    params,
    response: { [status]: answer, '4xx': ProblemView, '5xx': ProblemView },
  });

  server.post<{ Body: VmSpecification }>(
    '/v1/vms',
    {
      schema: {
        summary: 'Asks for a VM; the scheduler places it',
        body: VmSpecification,
        response: { 201: VmTaken, '4xx': ProblemView, '5xx': ProblemView },
      },
    },
    async (request, reply) => {
      await operations.createVm(request.body);
      return reply.code(201).send({ vm: request.body.vm });
    },
  );
  server.delete<{ Params: Static<typeof VmPath> }>(
    '/v1/vms/:vm',
    { schema: described('Stops a VM for good and forgets it', VmPath, 202, VmTaken) },
    async ({ params: { vm } }, reply) => {
      await operations.removeVm(vm);
      return reply.code(202).send({ vm });
    },
  );
  server.post<{ Params: Static<typeof VmPath> }>(
    '/v1/vms/:vm/stop',
    { schema: described('Stops a VM; it can be started again', VmPath, 200, VmTaken) },
    async ({ params: { vm } }) => {
      await operations.stopVm(vm);
      return { vm };
    },
  );
  server.post<{ Params: Static<typeof VmPath> }>(
    '/v1/vms/:vm/start',
    { schema: described('Starts a VM that has stopped, from power-on', VmPath, 202, VmTaken) },
    async ({ params: { vm } }, reply) => {
      await operations.startVm(vm);
      return reply.code(202).send({ vm });
    },
  );
  server.post<{ Params: Static<typeof VmPath>; Body: Static<typeof MigrateRequest> }>(
    '/v1/vms/:vm/migrate',
    { schema: { ...described('Moves a VM while it runs', VmPath, 202, MigrationTaken), body: MigrateRequest } },
    async ({ params: { vm }, body: { to, why = OPERATOR } }, reply) => {
      return reply.code(202).send({ vm, migration: await operations.migrateVm(vm, to, why) });
    },
  );
  server.post<{ Params: Static<typeof VmPath>; Body: Static<typeof TypeRequest> }>(
    '/v1/vms/:vm/type',
    { schema: { ...described('Types on the console of a VM', VmPath, 200, VmTaken), body: TypeRequest } },
    async ({ params: { vm }, body: { text, input } }) => {
      await operations.typeTo(vm, text, input);
      return { vm };
    },
  );
  for (const kind of ['standby', 'wake'] as const) {
    const summary = kind === 'standby' ? 'Sends an empty host to standby' : 'Wakes a host';
    server.post<{ Params: Static<typeof HostPath>; Body: Static<typeof WhyRequest> }>(
      `/v1/hosts/:host/${kind}`,
      { schema: { ...described(summary, HostPath, 202, HostTaken), body: WhyRequest } },
      async ({ params: { host }, body: { why = OPERATOR } }, reply) => {
        await operations.switchHost(host, kind, why);
        return reply.code(202).send({ host });
      },
    );
  }
  server.delete<{ Params: Static<typeof MigrationPath> }>(
    '/v1/migrations/:migration',
    {
      schema: described(
        'Cancels a migration; the VM stays where it is',
        MigrationPath,
        202,
        Type.Object({ migration: Name }, strict),
      ),
    },
    async ({ params: { migration } }, reply) => {
      await operations.cancelMigration(migration);
      return reply.code(202).send({ migration });
    },
  );
}
