// `status`, `host ls`, `vm ls`: what there is.

import { mebibytes, percent, renderTable } from '../../shared/report/mod.ts';
import { formatQuantity } from '../../shared/scenario/mod.ts';
import { type ClusterRecord, clusterPath, isAlive, readRecord } from './cluster-record.ts';
import { type ClusterView, viewCluster } from './cluster-view.ts';
import { cliErrors, EXIT } from './errors.ts';
import { complain, print, printJson, type Surroundings } from './surroundings.ts';

export interface ClusterOptions {
  readonly name: string;
  readonly json: boolean;
}

export async function statusCommand(surroundings: Surroundings, options: ClusterOptions): Promise<number> {
  const record = readRecord(surroundings.checkoutPath, options.name);
  if (record === undefined) {
    const text = `No cluster named ${options.name} is running here. Start one with: npx lightsout up`;
    if (options.json) printJson(surroundings, { name: options.name, running: false });
    else print(surroundings, text);
    return EXIT.passed;
  }
  const lost = lostProcesses(surroundings, record);
  const view = await viewCluster(record, clusterPath(surroundings.checkoutPath, record.name));
  const exitCode = lost.length === 0 ? EXIT.passed : EXIT.missing;
  if (options.json) {
    const { name, natsUrl, apiUrl, processes } = record;
    printJson(surroundings, { name, running: true, lost, natsUrl, apiUrl, processes, ...view });
    return exitCode;
  }
  print(surroundings, describeCluster(record, view));
  return exitCode;
}

/**
 * Processes that have ended without being told to; said on standard error, for what is left can still be looked at. Throws
 * CLI_CLUSTER_BROKEN when the NATS server is among them: then there is nobody to ask.
 */
function lostProcesses(surroundings: Surroundings, record: ClusterRecord): readonly string[] {
  const dead = record.processes.filter((process) => !isAlive(process)).map((process) => process.name);
  if (dead.length === 0) return dead;
  const broken = brokenCluster(surroundings, record, dead);
  if (dead.includes('nats-server')) throw broken;
  complain(surroundings, broken.message);
  return dead;
}

export function describeCluster(record: ClusterRecord, view: ClusterView): string {
  const count = (power: string) => view.hosts.filter((host) => host.power === power).length;
  const on = count('on');
  const silent = count('silent');
  const running = view.vms.filter((vm) => vm.state === 'running').length;
  const standby = count('standby') + count('waking');
  return [
    `Cluster ${record.name} is running: ${on} ${on === 1 ? 'host' : 'hosts'} on, ${standby} in standby, ${silent === 0 ? '' : `${silent} silent, `}${running} of ${view.vms.length} VMs running`,
    `  policy  ${view.policy}`,
    `  API     ${record.apiUrl}`,
    `  NATS    ${record.natsUrl}`,
    '',
  ].join('\n');
}

export async function hostListCommand(surroundings: Surroundings, options: ClusterOptions): Promise<number> {
  const { hosts } = await viewOf(surroundings, options.name);
  if (options.json) printJson(surroundings, { hosts });
  else {
    const rows = hosts.map((host) => [
      host.host,
      host.power,
      `${host.cpus} × ${formatQuantity('instructionRate', host.instructionsPerSecond)}`,
      percent(host.utilisation),
      `${mebibytes(host.committedBytes)} of ${mebibytes(host.memoryBytes)}`,
      String(host.vms),
    ]);
    const right = { align: 'right' } as const;
    const columns = [
      { title: 'host' },
      { title: 'power' },
      { title: 'CPUs', ...right },
      { title: 'CPU', ...right },
      { title: 'memory MiB', ...right },
      { title: 'VMs', ...right },
    ];
    print(surroundings, renderTable(surroundings.out.terminal, columns, rows));
  }
  return EXIT.passed;
}

export async function vmListCommand(surroundings: Surroundings, options: ClusterOptions): Promise<number> {
  const { vms } = await viewOf(surroundings, options.name);
  if (options.json) printJson(surroundings, { vms });
  else if (vms.length === 0) print(surroundings, 'No VMs.');
  else {
    const rows = vms.map((vm) => [
      vm.vm,
      vm.image,
      vm.state,
      vm.host ?? '',
      percent(vm.utilisation),
      mebibytes(vm.memoryBytes),
    ]);
    const columns = [
      { title: 'VM' },
      { title: 'image' },
      { title: 'state' },
      { title: 'host' },
      { title: 'CPU', align: 'right' },
      { title: 'memory MiB', align: 'right' },
    ] as const;
    print(surroundings, renderTable(surroundings.out.terminal, columns, rows));
  }
  return EXIT.passed;
}

/** Throws CLI_NO_CLUSTER or CLI_CLUSTER_BROKEN. */
async function viewOf(surroundings: Surroundings, name: string): Promise<ClusterView> {
  const record = readRecord(surroundings.checkoutPath, name);
  if (record === undefined) throw cliErrors.create('CLI_NO_CLUSTER', { name });
  lostProcesses(surroundings, record);
  return viewCluster(record, clusterPath(surroundings.checkoutPath, name));
}

export function brokenCluster(surroundings: Surroundings, record: ClusterRecord, dead: readonly string[]): Error {
  const { name } = record;
  const logs = `${clusterPath(surroundings.checkoutPath, name)}/logs`;
  return cliErrors.create('CLI_CLUSTER_BROKEN', { name, dead: dead.join(', '), logs });
}
