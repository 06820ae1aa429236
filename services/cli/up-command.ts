// `up` and `down`: a cluster that stays when the command has ended.

import { powerModelNamed } from '../../shared/cluster/mod.ts';
import {
  BUCKET_CLUSTER,
  BUCKET_HOSTS,
  type ClusterConfiguration,
  clusterConfigurationCodec,
  type HostSpecification,
  KEY_CONFIGURATION,
} from '../../shared/protocol/mod.ts';
import { openLivePorts } from '../../shared/runtime/live/mod.ts';
import { NS_PER_MS, NS_PER_S, type ServicePorts } from '../../shared/runtime/mod.ts';
import { formatQuantity } from '../../shared/scenario/mod.ts';
import { capacityOf, measureCore } from './calibration.ts';
import { logTail, signalGroup } from './child-group.ts';
import { brokenCluster, type ClusterOptions, describeCluster } from './cluster-commands.ts';
import { type ClusterProcess, clusterPath, isAlive, readRecord, removeRecord, writeRecord } from './cluster-record.ts';
import { viewCluster } from './cluster-view.ts';
import { cliErrors, EXIT } from './errors.ts';
import { LocalCluster } from './local-cluster.ts';
import { readGuest } from './places.ts';
import { complain, print, printJson, type Surroundings } from './surroundings.ts';

const JOIN_LIMIT_NS = 60 * NS_PER_S;
const LOOK_EVERY_NS = 100 * NS_PER_MS;
const STOP_LIMIT_NS = 5 * NS_PER_S;
/** Chosen: hosts of a cluster for trying things out. */
const HOST_MEMORY_BYTES = 2 ** 30;
const MIPS = 1_000_000;
const HOST_POWER_MODEL = 'hp-ml110-g5';

const CONFIGURATION: ClusterConfiguration = {
  policy: { name: 'consolidate', arguments: {} },
  schedulingIntervalNs: 5 * NS_PER_S,
  telemetryIntervalNs: NS_PER_S,
  migration: {
    downtimeLimitNs: 300 * NS_PER_MS,
    stalledRoundsMax: 3,
    roundsMax: 30,
    totalLimitNs: 120 * NS_PER_S,
    waitLimitNs: 10 * NS_PER_S,
  },
  seed: 1,
};

export interface UpOptions extends ClusterOptions {
  readonly hosts: number;
}

export async function upCommand(surroundings: Surroundings, options: UpOptions): Promise<number> {
  const { checkoutPath } = surroundings;
  const present = readRecord(checkoutPath, options.name);
  if (present !== undefined) return sayWhatIsThere(surroundings, options);
  const rate = hostRate(surroundings, options.hosts);
  const hosts = Array.from({ length: options.hosts }, (_, index) => hostSpecification(index + 1, rate));
  const epochMs = surroundings.clock.epochMs + surroundings.clock.now() / NS_PER_MS;
  const cluster = await LocalCluster.start(surroundings, { name: options.name, speed: 1, epochMs, daemons: true });
  try {
    await bringUp(surroundings, cluster, options, hosts, epochMs);
  } catch (error) {
    await cluster.stop();
    removeRecord(checkoutPath, options.name);
    throw error;
  }
  return sayWhatIsThere(surroundings, options);
}

/** The hosts of one machine declare together at most half of what it can do. */
function hostRate(surroundings: Surroundings, hosts: number): number {
  const coreRate = measureCore(readGuest(surroundings.checkoutPath, 'burn'), surroundings.clock);
  const share = capacityOf(coreRate, surroundings.coreCount) / hosts;
  const rate = share >= MIPS ? Math.floor(share / MIPS) * MIPS : Math.max(1000, Math.floor(share / 1000) * 1000);
  complain(surroundings, `${hosts} hosts of ${formatQuantity('instructionRate', rate)} each: half of this machine`);
  return rate;
}

function hostSpecification(number: number, instructionsPerSecond: number): HostSpecification {
  const power = powerModelNamed(HOST_POWER_MODEL);
  return { host: `host-${number}`, cpus: 1, instructionsPerSecond, memoryBytes: HOST_MEMORY_BYTES, power };
}

async function bringUp(
  surroundings: Surroundings,
  cluster: LocalCluster,
  options: UpOptions,
  hosts: readonly HostSpecification[],
  epochMs: number,
): Promise<void> {
  const ports = await openLivePorts({
    service: 'cli',
    natsServers: cluster.natsUrl,
    clock: { epochMs },
    diskRoot: cluster.path,
  });
  try {
    const bucket = await ports.store.bucket(BUCKET_CLUSTER);
    await bucket.put(KEY_CONFIGURATION, clusterConfigurationCodec.encode(CONFIGURATION));
    let dead: Error | undefined;
    cluster.children.onDeath((child, how) => {
      const { name: service, logPath: log } = child;
      dead ??= cliErrors.create('CLI_SERVICE_ENDED', { service, how, log, tail: logTail(log) });
    });
    await cluster.startServices(hosts.map((specification) => ({ specification, link: undefined })));
    // Before they have joined: an impatient `down` must find them.
    writeRecord(surroundings.checkoutPath, {
      name: options.name,
      natsUrl: cluster.natsUrl,
      apiUrl: cluster.apiUrl,
      epochMs,
      speed: 1,
      processes: [...cluster.processes()],
    });
    await allJoined(ports, hosts.length, cluster.logsPath, () => {
      if (dead !== undefined) throw dead;
      if (surroundings.interrupted.aborted) throw cliErrors.create('CLI_INTERRUPTED', {});
    });
  } finally {
    await ports.close();
  }
}

async function allJoined(
  ports: Pick<ServicePorts, 'clock' | 'store'>,
  wanted: number,
  logs: string,
  check: () => void,
): Promise<void> {
  const bucket = await ports.store.bucket(BUCKET_HOSTS);
  const deadlineNs = ports.clock.now() + JOIN_LIMIT_NS;
  for (;;) {
    check();
    const present = (await bucket.entries()).length;
    if (present >= wanted) return;
    if (ports.clock.now() > deadlineNs) {
      const seconds = JOIN_LIMIT_NS / NS_PER_S;
      throw cliErrors.create('CLI_HOSTS_ABSENT', { present, wanted, seconds, logs });
    }
    await ports.clock.sleep(LOOK_EVERY_NS);
  }
}

async function sayWhatIsThere(surroundings: Surroundings, options: ClusterOptions): Promise<number> {
  const record = readRecord(surroundings.checkoutPath, options.name)!;
  const dead = record.processes.filter((process) => !isAlive(process)).map((process) => process.name);
  if (dead.length > 0) throw brokenCluster(surroundings, record, dead);
  const view = await viewCluster(record, clusterPath(surroundings.checkoutPath, record.name));
  if (options.json) printJson(surroundings, { ...record, running: true, ...view });
  else {
    print(surroundings, describeCluster(record, view));
    print(surroundings, 'Go on with: npx lightsout host ls, npx lightsout status, npx lightsout down');
  }
  return EXIT.passed;
}

/** Ends the cluster; nothing to do is no failure. */
export async function downCommand(surroundings: Surroundings, options: ClusterOptions): Promise<number> {
  const { checkoutPath, clock } = surroundings;
  const record = readRecord(checkoutPath, options.name);
  const alive = (record?.processes ?? []).filter(isAlive);
  // First the services, which say goodbye, then what they talk over.
  const services = alive.filter((process) => process.name !== 'nats-server');
  const servers = alive.filter((process) => process.name === 'nats-server');
  for (const group of [services, servers]) await end(group, clock);
  removeRecord(checkoutPath, options.name);
  if (options.json) printJson(surroundings, { name: options.name, stopped: alive.map((process) => process.name) });
  else if (alive.length === 0) print(surroundings, `No cluster named ${options.name} is running here.`);
  else print(surroundings, `Cluster ${options.name} has ended: ${alive.length} processes.`);
  return EXIT.passed;
}

async function end(processes: readonly ClusterProcess[], clock: Surroundings['clock']): Promise<void> {
  const left = () => processes.filter(isAlive);
  for (const process of left()) signalGroup(process.pid, 'SIGTERM');
  const deadlineNs = clock.now() + STOP_LIMIT_NS;
  while (left().length > 0 && clock.now() < deadlineNs) await clock.sleep(LOOK_EVERY_NS);
  for (const process of left()) signalGroup(process.pid, 'SIGKILL');
  while (left().length > 0) await clock.sleep(LOOK_EVERY_NS);
}
