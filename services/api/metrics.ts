// The cluster in Prometheus' text format, version 0.0.4 (its documentation, "Exposition formats"). Names are documented in docs/operating.md.

import type { HostView, StateView } from './views.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

export function renderMetrics(state: StateView, hosts: readonly HostView[]): string {
  const each = (label: string, counts: Readonly<Record<string, number>>): Sample[] =>
    Object.entries(counts).map(([name, count]) => [{ [label]: name }, count]);
  const ofHosts = (value: (host: HostView) => number): Sample[] =>
    hosts.map((host) => [{ host: host.host }, value(host)]);
  const { underWay, ...ended } = state.migrations;
  return [
    metric('lightsout_hosts', 'gauge', 'Hosts by power state.', each('power', state.hosts)),
    metric('lightsout_vms', 'gauge', 'VMs by state.', each('state', state.vms)),
    metric('lightsout_migrations_under_way', 'gauge', 'Migrations under way.', [[{}, underWay]]),
    metric('lightsout_migrations_total', 'counter', 'Migrations that ended, by outcome.', each('outcome', ended)),
    metric(
      'lightsout_host_cpu_utilisation_ratio',
      'gauge',
      'Busy share of all CPUs of a host in its last telemetry interval.',
      ofHosts((host) => host.utilisation),
    ),
    metric(
      'lightsout_host_cpu_steal_ratio',
      'gauge',
      'CPUs for which the VMs of a host waited, in its last telemetry interval.',
      ofHosts((host) => host.steal),
    ),
    metric(
      'lightsout_host_lag_seconds',
      'gauge',
      'How far a host was behind its clock at worst, in its last telemetry interval.',
      ofHosts((host) => host.lagNs / 1e9),
    ),
    metric(
      'lightsout_host_memory_bytes',
      'gauge',
      'Physical memory of a host.',
      ofHosts((host) => host.memoryBytes),
    ),
    metric(
      'lightsout_host_committed_bytes',
      'gauge',
      'Memory of a host that VMs were promised.',
      ofHosts((host) => host.committedBytes),
    ),
    metric('lightsout_cluster_time_seconds', 'gauge', 'Cluster time.', [[{}, state.timeNs / 1e9]]),
  ].join('');
}

function metric(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${renderLabels(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
