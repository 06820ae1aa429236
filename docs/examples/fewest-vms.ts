// An example of a policy of one's own (docs/policies.md teaches it): every host has about as many VMs as every other. New VMs start where
// the fewest are, and when two hosts differ by too much the smallest VM of the one moves to the other, one at a time.

import { Type } from '@sinclair/typebox';
import { type HostCursor, HostState, NONE, VmPhase } from '../../shared/cluster/mod.ts';
import type { Action, PolicyDefinition } from '../../shared/policies/mod.ts';

const Arguments = Type.Object({
  differenceMax: Type.Integer({
    minimum: 1,
    default: 1,
    description: 'Hosts may differ by so many VMs.',
  }),
  pauseIntervals: Type.Integer({
    minimum: 0,
    default: 2,
    description: 'So many scheduling intervals pass between two moves.',
  }),
});

/** What the policy remembers from one interval to the next. */
interface Memory {
  readonly pause: number;
}

export const fewestVms: PolicyDefinition<typeof Arguments, Memory> = {
  name: 'fewest-vms',
  summary: 'Gives every host about as many VMs as every other.',
  schema: Arguments,

  begin: () => ({ pause: 0 }),

  decide(state, memory, { differenceMax, pauseIntervals }) {
    const actions: Action[] = [];

    // How many VMs each host that is on will have when all is done that is under way, and what memory it has left.
    const counts = new Map<number, number>();
    const freeBytes = new Map<number, number>();
    for (const host = state.hostCursor(); host.next(); ) {
      if (host.state !== HostState.on) continue;
      counts.set(host.index, countOf(host));
      freeBytes.set(host.index, host.memoryBytes - host.committedBytes);
    }
    // Ties are broken by name, never by index, so that the same cluster is always treated alike.
    const byCount = () =>
      [...counts.keys()].sort((a, b) => counts.get(a)! - counts.get(b)! || state.hostRank(a) - state.hostRank(b));

    for (const vm = state.vmCursor().on(NONE); vm.next(); ) {
      if (vm.phase !== VmPhase.pending) continue;
      // A scenario can say where a VM starts.
      const isAllowed = (host: number) => vm.startHost === NONE || vm.startHost === host;
      const to = byCount().find((host) => isAllowed(host) && freeBytes.get(host)! >= vm.memoryBytes);
      if (to === undefined) {
        actions.push({ kind: 'wait', vm: vm.index, reason: { kind: 'said', text: 'no host has the memory for it' } });
        continue;
      }
      const text = `${state.hosts.names[to]} has the fewest VMs, ${counts.get(to)}`;
      actions.push({ kind: 'place', vm: vm.index, to, reason: { kind: 'said', text } });
      counts.set(to, counts.get(to)! + 1);
      freeBytes.set(to, freeBytes.get(to)! - vm.memoryBytes);
    }
    // What was placed just now cannot be moved yet.
    if (actions.length > 0 || memory.pause > 0) return { actions, memory: { pause: Math.max(0, memory.pause - 1) } };

    const order = byCount();
    const to = order[0];
    const from = order.at(-1);
    if (to === undefined || from === undefined || counts.get(from)! - counts.get(to)! <= differenceMax) {
      return { actions, memory };
    }
    let smallest: number | undefined;
    for (const vm = state.vmCursor().on(from); vm.next(); ) {
      if (!vm.isMovable || vm.memoryBytes > freeBytes.get(to)!) continue;
      if (smallest === undefined || vm.memoryBytes < state.vms.memoryBytes[smallest]!) smallest = vm.index;
    }
    if (smallest === undefined) return { actions, memory };
    const text = `${state.hosts.names[from]} has ${counts.get(from)} VMs and ${state.hosts.names[to]} ${counts.get(to)}`;
    actions.push({ kind: 'migrate', vm: smallest, from, to, reason: { kind: 'said', text } });
    return { actions, memory: { pause: pauseIntervals } };
  },
};

function countOf(host: HostCursor): number {
  return host.vmCount + host.incomingCount - host.outgoingCount;
}
