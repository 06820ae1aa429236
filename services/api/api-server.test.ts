import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  BUCKET_CLUSTER,
  BUCKET_HOSTS,
  BUCKET_OWNERS,
  BUCKET_VMS,
  clusterConfigurationCodec,
  EventWriter,
  hostRecordCodec,
  hostTelemetryCodec,
  KEY_CONFIGURATION,
  ownerRecordCodec,
  subjects,
  vmSpecificationCodec,
} from '../../shared/protocol/mod.ts';
import { VirtualWorld } from '../../shared/runtime/memory/mod.ts';
import { NS_PER_S, type ServicePorts, silentLogger } from '../../shared/runtime/mod.ts';
import { ApiServer } from './mod.ts';

let world: VirtualWorld;
let operator: ServicePorts;
let server: ApiServer;
let url: string;

const run = (seconds: number) => world.clock.runUntil(world.clock.now() + seconds * NS_PER_S);

/** Lets virtual time pass until `work` is done; what it does outside of it (sockets) gets its turns meanwhile. */
async function through<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await run(0.001);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return done;
}

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}${path}`, { headers: { authorization: 'Bearer secret' } });
  return { status: response.status, body: await response.json() };
}

beforeEach(async () => {
  world = new VirtualWorld({ seed: 1 });
  operator = world.boot('operator');
  server = new ApiServer(world.boot('api'), {
    ...{ address: '127.0.0.1', port: 0, hostNames: [], token: 'secret' },
    log: silentLogger(),
  });
  url = await through(server.start());
});

afterEach(() => server.stop());

const power = { watts: Array<number>(11).fill(100), standbyWatts: 5, wakeDelayNs: NS_PER_S };
const shape = { cpus: 2, instructionsPerSecond: 1_000_000, memoryBytes: 2 ** 28 };

async function populate(): Promise<void> {
  const put = async (bucket: string, key: string, value: Uint8Array) =>
    (await operator.store.bucket(bucket)).put(key, value);
  const configuration = {
    policy: { name: 'consolidate', arguments: {} },
    schedulingIntervalNs: NS_PER_S,
    telemetryIntervalNs: NS_PER_S,
    migration: { downtimeLimitNs: 1, stalledRoundsMax: 1, roundsMax: 1, totalLimitNs: 1, waitLimitNs: 1 },
    seed: 1,
  };
  await put(BUCKET_CLUSTER, KEY_CONFIGURATION, clusterConfigurationCodec.encode(configuration));
  for (const host of ['h10', 'h2']) {
    const record = { host, specification: { host, ...shape, power }, pageAddress: host, incarnation: 'one' };
    await put(BUCKET_HOSTS, host, hostRecordCodec.encode(record));
  }
  for (const vm of ['v1', 'v2']) {
    const specification = { vm, image: 'burn', memoryBytes: 2 ** 24, diskBytes: 0, bootArguments: '' };
    await put(BUCKET_VMS, vm, vmSpecificationCodec.encode(specification));
  }
  await put(BUCKET_OWNERS, 'v1', ownerRecordCodec.encode({ vm: 'v1', host: 'h2', epoch: 1 }));
}

function report(sequence: number): void {
  const row = {
    vm: 'v1',
    epoch: 1,
    state: 'running' as const,
    memoryBytes: 2 ** 24,
    instructions: 5,
    residentPages: 1,
  };
  const telemetry = {
    ...{
      host: 'h2',
      incarnation: 'one',
      sequence,
      timeNs: world.clock.now(),
      intervalNs: NS_PER_S,
      power: 'on' as const,
    },
    ...{ ...shape, committedBytes: 2 ** 24, busyNs: NS_PER_S / 2, lagNs: 0 },
    vms: [{ ...row, runNs: NS_PER_S / 2, stealNs: NS_PER_S / 4, dirtiedPages: 3 }],
  };
  operator.transport.publish(subjects.hostTelemetry('h2'), hostTelemetryCodec.encode(telemetry));
}

describe('API', () => {
  test('is healthy before it knows anything', async () => {
    expect(await get('/healthz')).toEqual({ status: 200, body: { status: 'ok', timeNs: world.clock.now() } });
    const { body } = await get('/v1/state');
    expect(body).toMatchObject({ policy: null, hosts: { on: 0 }, vms: { running: 0 }, migrations: { underWay: 0 } });
  });

  test('shows hosts and VMs by name, from store and telemetry', async () => {
    await through(populate());
    report(1);
    await run(0.1);
    expect((await get('/v1/hosts')).body).toMatchObject({
      hosts: [
        { host: 'h2', power: 'on', cpus: 2, utilisation: 0.25, vms: ['v1'], committedBytes: expect.any(Number) },
        { host: 'h10', power: 'lost', vms: [], heardNs: null },
      ],
    });
    expect((await get('/v1/vms')).body).toMatchObject({
      vms: [
        {
          vm: 'v1',
          image: 'burn',
          phase: 'running',
          host: 'h2',
          epoch: 1,
          run: 0.5,
          steal: 0.25,
          memoryBytes: 2 ** 24,
        },
        { vm: 'v2', image: 'burn', phase: 'pending', host: null, epoch: 0, run: 0, migratingTo: null },
      ],
    });
    expect((await get('/v1/state')).body).toMatchObject({
      policy: 'consolidate',
      hosts: { on: 1, standby: 0, waking: 0, lost: 1 },
      vms: { running: 1, pending: 1, stopped: 0 },
    });
  });

  test('a host that has said nothing for three intervals is shown as lost', async () => {
    await through(populate());
    report(1);
    await run(2.5);
    expect((await get('/v1/state')).body).toMatchObject({ hosts: { on: 1, lost: 1 } });
    await run(1);
    expect((await get('/v1/state')).body).toMatchObject({ hosts: { on: 0, lost: 2 } });
  });

  test('follows a migration from its beginning to its end', async () => {
    await through(populate());
    report(1);
    const events = new EventWriter(operator.clock, operator.transport, 'host/h2');
    events.write({ kind: 'migration.started', migration: 'm1', vm: 'v1', from: 'h2', to: 'h10', why: 'to test' });
    const round = { pages: 8, zeroPages: 1, bytes: 32_768, durationNs: 5, remainingPages: 2 };
    events.write({ kind: 'migration.round', migration: 'm1', round: 1, ...round });
    await run(0.1);
    const underWay = { migration: 'm1', outcome: 'under-way', detail: 'to test', pages: 8, endedNs: null };
    expect((await get('/v1/migrations')).body).toMatchObject({ migrations: [underWay] });
    expect((await get('/v1/vms')).body).toMatchObject({ vms: [{ vm: 'v1', migratingTo: 'h10' }, { vm: 'v2' }] });
    const figures = { rounds: 2, pages: 10, zeroPages: 1, bytes: 40_960, pageBytes: 40_960, stateBytes: 9 };
    const report2 = {
      ...{ migration: 'm1', vm: 'v1', from: 'h2', to: 'h10', epoch: 2, detail: 'done', ...figures },
      ...{ outcome: 'completed' as const, reason: 'downtime-limit' as const, downtimeNs: 7, totalNs: 9 },
    };
    events.write({ kind: 'migration.ended', report: report2 });
    await run(0.1);
    const ended = { outcome: 'completed', pages: 10, downtimeNs: 7, endedNs: expect.any(Number) };
    expect((await get('/v1/migrations')).body).toMatchObject({ migrations: [ended] });
    expect((await get('/v1/state')).body).toMatchObject({ migrations: { underWay: 0, completed: 1 } });
  });

  test('says what there is when asked for something else', async () => {
    expect(await get('/v2/hosts')).toMatchObject({
      status: 404,
      body: { code: 'API_NOT_FOUND', message: expect.stringContaining('/openapi.json') },
    });
  });
});
