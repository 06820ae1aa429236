// Commands to hosts in tests, several of them within one quantum.

import type { Answer, HostCommand } from '../shared/protocol/mod.ts';
import { LAB_LIMITS, MigrationLab } from './migration-lab.ts';

/** Never sleeps, so that its host is always in a quantum. */
export const BUSY = 'duty=100';

export const STOP: HostCommand = { kind: 'stop', vm: 'v' };
export const STANDBY: HostCommand = { kind: 'standby', why: 'a test' };
export const WAKE: HostCommand = { kind: 'wake', why: 'a test' };

/** Two hosts, and a VM `v` on h1. */
export async function labWith(image: string, bootArguments: string, hosts = ['h1', 'h2']): Promise<MigrationLab> {
  const lab = await MigrationLab.start({ hosts });
  await lab.startVm('v', image, bootArguments, 'h1');
  return lab;
}

export const migrate = (lab: MigrationLab, migration = 'm'): HostCommand => ({
  ...{ kind: 'migrate', migration, vm: 'v', to: 'h2', pageAddress: lab.cluster.pageAddress('h2') },
  ...{ limits: LAB_LIMITS, why: 'a test' },
});

/** Sent in the same moment, once each; answers in the order of the commands. */
export function atOnce(
  lab: MigrationLab,
  host: string,
  ...commands: readonly HostCommand[]
): Promise<(Answer | undefined)[]> {
  return lab.cluster.run(() => Promise.all(commands.map((command) => lab.ask(host, command, 1))));
}

export function countEvents(lab: MigrationLab, kind: string): number {
  return lab.cluster.events.filter((event) => event.kind === kind).length;
}
