// What a running cluster looks like at a moment: what is stored, and one report of each host.

import {
  BUCKET_CLUSTER,
  BUCKET_HOSTS,
  BUCKET_OWNERS,
  BUCKET_VMS,
  clusterConfigurationCodec,
  type HostTelemetry,
  hostRecordCodec,
  hostTelemetryCodec,
  KEY_CONFIGURATION,
  ownerRecordCodec,
  subjects,
  type VmTelemetry,
  vmSpecificationCodec,
} from '../../shared/protocol/mod.ts';
import { openLivePorts } from '../../shared/runtime/live/mod.ts';
import { NS_PER_S, type ServicePorts } from '../../shared/runtime/mod.ts';
import type { ClusterRecord } from './cluster-record.ts';

export interface HostView {
  readonly host: string;
  readonly power: 'on' | 'standby' | 'waking' | 'silent';
  readonly cpus: number;
  readonly instructionsPerSecond: number;
  readonly utilisation: number;
  readonly memoryBytes: number;
  readonly committedBytes: number;
  readonly vms: number;
}

export interface VmView {
  readonly vm: string;
  readonly image: string;
  readonly host: string | null;
  readonly state: string;
  readonly memoryBytes: number;
  /** Of one CPU. */
  readonly utilisation: number;
}

export interface ClusterView {
  readonly policy: string;
  readonly hosts: readonly HostView[];
  readonly vms: readonly VmView[];
}

type ViewPorts = Pick<ServicePorts, 'clock' | 'transport' | 'store'>;

export async function viewCluster(record: ClusterRecord, statePath: string): Promise<ClusterView> {
  const ports = await openLivePorts({
    service: 'cli',
    natsServers: record.natsUrl,
    clock: { epochMs: record.epochMs, speed: record.speed },
    diskRoot: statePath,
  });
  try {
    return await view(ports);
  } finally {
    await ports.close();
  }
}

export async function view(ports: ViewPorts): Promise<ClusterView> {
  const entries = async (bucket: string) => (await ports.store.bucket(bucket)).entries();
  const stored = await (await ports.store.bucket(BUCKET_CLUSTER)).get(KEY_CONFIGURATION);
  const configuration = stored === undefined ? undefined : clusterConfigurationCodec.decode(stored.value);
  const hosts = (await entries(BUCKET_HOSTS)).map((entry) => hostRecordCodec.decode(entry.value));
  const intervalNs = configuration?.telemetryIntervalNs ?? NS_PER_S;
  const reports = await hearHosts(
    ports,
    hosts.map((host) => host.host),
    3 * intervalNs,
  );
  const owners = new Map(
    (await entries(BUCKET_OWNERS)).map((entry) => [entry.key, ownerRecordCodec.decode(entry.value)]),
  );
  const running = new Map<string, { readonly vm: VmTelemetry; readonly report: HostTelemetry }>();
  for (const report of reports.values()) for (const vm of report.vms) running.set(vm.vm, { vm, report });
  return {
    policy: configuration?.policy.name ?? 'none',
    hosts: hosts.map(({ host, specification }) => {
      const { cpus, instructionsPerSecond, memoryBytes } = specification;
      return { host, cpus, instructionsPerSecond, memoryBytes, ...reported(reports.get(host)) };
    }),
    vms: (await entries(BUCKET_VMS)).map((entry) => {
      const { vm, image, memoryBytes } = vmSpecificationCodec.decode(entry.value);
      const owner = owners.get(vm);
      const seen = running.get(vm);
      return {
        ...{ vm, image, memoryBytes },
        host: seen?.report.host ?? (owner?.released === true ? null : (owner?.host ?? null)),
        state: seen?.vm.state ?? (owner === undefined ? 'waiting' : owner.released === true ? 'ended' : 'silent'),
        utilisation: seen === undefined ? 0 : seen.vm.runNs / Math.max(1, seen.report.intervalNs),
      };
    }),
  };
}

function reported(
  report: HostTelemetry | undefined,
): Pick<HostView, 'power' | 'utilisation' | 'committedBytes' | 'vms'> {
  if (report === undefined) return { power: 'silent', utilisation: 0, committedBytes: 0, vms: 0 };
  const { power, committedBytes, busyNs, intervalNs, cpus } = report;
  return { power, committedBytes, vms: report.vms.length, utilisation: busyNs / Math.max(1, intervalNs * cpus) };
}

/** One report of each host, as far as they come in time. */
function hearHosts(
  ports: ViewPorts,
  hosts: readonly string[],
  limitNs: number,
): Promise<ReadonlyMap<string, HostTelemetry>> {
  const reports = new Map<string, HostTelemetry>();
  if (hosts.length === 0) return Promise.resolve(reports);
  return new Promise((resolve) => {
    const end = (): void => {
      subscription.unsubscribe();
      timer.cancel();
      resolve(reports);
    };
    const timer = ports.clock.at(ports.clock.now() + limitNs, end);
    const subscription = ports.transport.subscribe(subjects.allTelemetry, (message) => {
      const report = hostTelemetryCodec.decode(message.payload);
      reports.set(report.host, report);
      if (hosts.every((host) => reports.has(host))) end();
    });
  });
}
