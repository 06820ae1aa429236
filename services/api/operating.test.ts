// The API with the real scheduler and real host nodes, all in one process on virtual time: what an operator does in an evening.

import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  BUCKET_CLUSTER,
  type ClusterEvent,
  clusterConfigurationCodec,
  KEY_CONFIGURATION,
} from '../../shared/protocol/mod.ts';
import { NS_PER_S, silentLogger } from '../../shared/runtime/mod.ts';
import { HOST, VirtualCluster } from '../../test/virtual-cluster.ts';
import { Scheduler } from '../scheduler/mod.ts';
import { ApiServer } from './mod.ts';

const TOKEN = 'a token that nobody guesses';
let cluster: VirtualCluster;
let server: ApiServer;
let url: string;

/** Lets virtual time pass until `work` is done; sockets get their turns meanwhile. */
async function through<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const end = () => {
    isDone = true;
  };
  work.then(end, end);
  while (!isDone) {
    await cluster.runFor(NS_PER_S / 1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return work;
}

async function ask(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return through(fetch(`${url}${path}`, init).then(async (it) => ({ status: it.status, body: await it.json() })));
}

async function text(path: string): Promise<string> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return through(fetch(`${url}${path}`, { headers }).then((response) => response.text()));
}

const events = async (query: string): Promise<ClusterEvent[]> =>
  (await text(`/v1/events?${query}`))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ClusterEvent);

const vm = (name: string, more: object = {}) => ({
  ...{ vm: name, image: 'burn', memoryBytes: 2 ** 24, diskBytes: 0, bootArguments: 'rate=500' },
  ...more,
});

beforeEach(async () => {
  cluster = await VirtualCluster.start({ hosts: ['host-1', 'host-2'] });
  const { operator, world } = cluster;
  const configuration = {
    policy: { name: 'none', arguments: {} },
    schedulingIntervalNs: NS_PER_S,
    telemetryIntervalNs: NS_PER_S,
    migration: {
      ...{ downtimeLimitNs: 3e8, stalledRoundsMax: 3, roundsMax: 30 },
      ...{ totalLimitNs: 60 * NS_PER_S, waitLimitNs: 5 * NS_PER_S },
    },
    seed: 1,
  };
  const onFailure = (error: unknown) => cluster.failures.push(error);
  await cluster.run(async () => {
    const bucket = await operator.store.bucket(BUCKET_CLUSTER);
    await bucket.put(KEY_CONFIGURATION, clusterConfigurationCodec.encode(configuration));
    await new Scheduler(world.boot('scheduler'), { log: silentLogger(), onFailure }).start();
  });
  const options = { address: '127.0.0.1', port: 0, hostNames: ['lab.example'], token: TOKEN };
  server = new ApiServer(world.boot('api'), { ...options, log: silentLogger() });
  url = await through(server.start());
  await cluster.runFor(3 * NS_PER_S);
});

afterEach(() => server.stop());

describe('operating a cluster by the API', () => {
  test('a VM is created, typed to, moved, stopped, started and removed', async () => {
    expect(await ask('POST', '/v1/vms', vm('web', { pinnedTo: 'host-1' }))).toEqual({
      status: 201,
      body: { vm: 'web' },
    });
    await cluster.runFor(4 * NS_PER_S);
    expect(await ask('POST', '/v1/vms/web/type', { text: 'rate 700\n' })).toMatchObject({ status: 200 });
    await cluster.runFor(2 * NS_PER_S);
    expect(await events('kind=vm.console&vm=web')).toContainEqual(expect.objectContaining({ line: 'ok rate 700' }));
    const moved = await ask('POST', '/v1/vms/web/migrate', { to: 'host-2' });
    expect(moved).toMatchObject({ status: 202, body: { migration: expect.stringMatching(/^m/) } });
    await cluster.runFor(5 * NS_PER_S);
    const ended = await events('kind=migration.ended');
    expect(ended).toMatchObject([{ report: { outcome: 'completed', detail: 'asked for: an operator' } }]);
    expect((await ask('GET', '/v1/vms')).body).toMatchObject({ vms: [{ vm: 'web', host: 'host-2', epoch: 2 }] });
    expect(await ask('POST', '/v1/vms/web/migrate', { to: 'host-2' })).toMatchObject({ body: { migration: null } });
    expect(await ask('POST', '/v1/vms/web/start')).toMatchObject({ status: 409, body: { code: 'API_VM_NOT_STOPPED' } });
    expect(await ask('POST', '/v1/vms/web/stop')).toMatchObject({ status: 200 });
    await cluster.runFor(5 * NS_PER_S);
    expect((await ask('GET', '/v1/vms')).body).toMatchObject({ vms: [{ vm: 'web', phase: 'stopped' }] });
    expect(await ask('POST', '/v1/vms/web/type', { text: 'stats\n' })).toMatchObject({
      status: 409,
      body: { code: 'API_VM_HAS_NO_HOST', message: 'VM web is stopped and runs on no host' },
    });
    expect(await ask('POST', '/v1/vms/web/start')).toMatchObject({ status: 202 });
    await cluster.runFor(4 * NS_PER_S);
    expect((await ask('GET', '/v1/vms')).body).toMatchObject({ vms: [{ vm: 'web', phase: 'running' }] });
    expect(await ask('DELETE', '/v1/vms/web')).toMatchObject({ status: 202 });
    await cluster.runFor(4 * NS_PER_S);
    expect((await ask('GET', '/v1/vms')).body).toEqual({ vms: [] });
  });

  test('refusals say what there is, with their status', async () => {
    expect(await ask('POST', '/v1/vms', vm('web'))).toMatchObject({ status: 201 });
    expect(await ask('POST', '/v1/vms', vm('web'))).toMatchObject({ status: 409, body: { code: 'API_VM_EXISTS' } });
    expect(await ask('DELETE', '/v1/vms/x')).toEqual({
      status: 404,
      body: { code: 'API_NO_VM', message: 'no VM is called x; there are: web' },
    });
    expect(await ask('POST', '/v1/vms/web/migrate', { to: 'host-9' })).toMatchObject({
      status: 404,
      body: { code: 'API_NO_HOST', message: expect.stringContaining('here are: host-1, host-2') },
    });
    expect(await ask('POST', '/v1/vms', { ...vm('two'), colour: 'red' })).toMatchObject({ status: 400 });
    expect(await ask('POST', '/v1/vms', vm('../x'))).toMatchObject({ status: 400 });
    expect(await ask('DELETE', '/v1/migrations/m1')).toMatchObject({
      status: 404,
      body: { code: 'SCHEDULER_NO_MIGRATION' },
    });
  });

  test('a host is sent to standby and woken', async () => {
    expect(await ask('POST', '/v1/hosts/host-2/standby', {})).toMatchObject({ status: 202 });
    await cluster.runFor(3 * NS_PER_S);
    expect((await ask('GET', '/v1/state')).body).toMatchObject({ hosts: { on: 1, standby: 1 } });
    expect(await ask('POST', '/v1/hosts/host-2/wake', { why: 'a test' })).toMatchObject({ status: 202 });
    await cluster.runFor(HOST.power.wakeDelayNs + 3 * NS_PER_S);
    expect((await ask('GET', '/v1/state')).body).toMatchObject({ hosts: { on: 2, standby: 0 } });
    expect((await events('kind=host&host=host-2')).map(({ kind }) => kind)).toEqual([
      'host.standby',
      'host.waking',
      'host.on',
    ]);
  });

  test('events come as they happen', async () => {
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${TOKEN}` };
    const stream = await through(
      fetch(`${url}/v1/events?follow=true&kind=vm.started`, { headers, signal: leaving.signal }),
    );
    expect(stream.headers.get('content-type')).toBe('application/x-ndjson');
    const reader = stream.body!.getReader();
    const first = reader.read();
    await ask('POST', '/v1/vms', vm('web'));
    const { value } = await through(first);
    expect(JSON.parse(new TextDecoder().decode(value))).toMatchObject({ kind: 'vm.started', vm: 'web' });
    leaving.abort();
  });

  test('metrics tell hosts, VMs, migrations, load, steal and lag', async () => {
    await ask('POST', '/v1/vms', vm('web', { pinnedTo: 'host-1', bootArguments: 'duty=50' }));
    await cluster.runFor(5 * NS_PER_S);
    const metrics = await text('/metrics');
    for (const line of [
      'lightsout_hosts{power="on"} 2',
      'lightsout_vms{state="running"} 1',
      'lightsout_migrations_total{outcome="completed"} 0',
      'lightsout_host_cpu_steal_ratio{host="host-1"} 0',
      'lightsout_host_lag_seconds{host="host-2"} 0',
    ]) {
      expect(metrics.split('\n')).toContain(line);
    }
    const used = Number(/^lightsout_host_cpu_utilisation_ratio\{host="host-1"\} (.*)$/m.exec(metrics)?.[1]);
    expect(used).toBeGreaterThan(0.3);
    const documented = await readFile(new URL('../../docs/operating.md', import.meta.url), 'utf8');
    for (const [, name] of metrics.matchAll(/^# TYPE (\S+)/gm)) expect(documented).toContain(`\`${name}\``);
  });

  test('every route is in the OpenAPI document, with its schemas', async () => {
    const { body } = await ask('GET', '/openapi.json');
    const { openapi, paths } = body as { openapi: string; paths: Record<string, Record<string, object>> };
    expect(openapi).toBe('3.1.0');
    expect(Object.entries(paths).flatMap(([path, of]) => Object.keys(of).map((method) => `${method} ${path}`))).toEqual(
      [
        ...['get /healthz', 'get /v1/state', 'get /v1/hosts', 'get /v1/vms', 'post /v1/vms', 'get /v1/migrations'],
        ...['get /metrics', 'get /openapi.json', 'delete /v1/vms/{vm}', 'post /v1/vms/{vm}/stop'],
        ...['post /v1/vms/{vm}/start', 'post /v1/vms/{vm}/migrate', 'post /v1/vms/{vm}/type'],
        ...['post /v1/hosts/{host}/standby', 'post /v1/hosts/{host}/wake', 'delete /v1/migrations/{migration}'],
        'get /v1/events',
      ],
    );
    expect(paths['/v1/vms/{vm}/migrate']!['post']).toMatchObject({
      parameters: [{ name: 'vm', in: 'path', required: true }],
      requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
      responses: { '202': { content: {} }, '4XX': {} },
    });
  });
});

describe('the door', () => {
  const status = (path: string, headers: Record<string, string>) =>
    through(
      new Promise<number | undefined>((resolve, reject) => {
        const request = httpRequest(`${url}${path}`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.once('error', reject).end();
      }),
    );
  const authorization = `Bearer ${TOKEN}`;

  test.each([
    ['/healthz', {}, 200],
    ['/v1/vms', {}, 401],
    ['/v1/nothing', {}, 401],
    ['/metrics', { authorization: 'Bearer guess' }, 401],
    ['/healthz?x', {}, 401],
    ['/openapi.json', { authorization }, 200],
    ['/v1/vms', { authorization, host: 'lab.example:80' }, 200],
    ['/v1/vms', { authorization, host: 'evil.example' }, 421],
    ['/healthz', { host: 'evil.example' }, 421],
  ])('%s with %o is answered %i', async (path, headers, expected) => {
    expect(await status(path, headers as unknown as Record<string, string>)).toBe(expected);
  });
});
