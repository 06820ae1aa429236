// What is wrong with a decision that a user's policy made: the first action that cannot be meant. Built-in policies are held by their types
// and tests; for others an index that is off by one would move the wrong VM or stop the scheduler.

import { type ClusterState, HostState, NONE, VmPhase } from '../../cluster/mod.ts';
import type { Action, Reason } from '../action.ts';
import type { FieldProblem } from './schema-problem.ts';

const KINDS: Readonly<Record<Action['kind'], true>> = {
  place: true,
  migrate: true,
  wake: true,
  standby: true,
  wait: true,
};

/** For the compiler: it lists all there are. */
const REASONS: Readonly<Record<Reason['kind'], true>> = {
  said: true,
  fits: true,
  'under-used': true,
  overloaded: true,
  'hot-spot': true,
  uneven: true,
  needed: true,
  'relief-needed': true,
  'start-host-asleep': true,
  empty: true,
  'host-wakes': true,
  'no-memory': true,
  'start-host-full': true,
  'start-host-unusable': true,
};

export function decisionProblem(decision: unknown, state: ClusterState): FieldProblem | undefined {
  const { actions } = (decision ?? {}) as { readonly actions?: unknown };
  if (!Array.isArray(actions)) {
    return { field: 'decide', problem: 'did not answer { actions, memory } with a list of actions' };
  }
  if (!Object.hasOwn(decision as object, 'memory')) {
    return { field: 'decide', problem: 'did not answer { actions, memory }: memory is missing' };
  }
  const moved = new Set<number>();
  for (const [index, action] of actions.entries()) {
    const problem = actionProblem(action as Partial<Record<string, unknown>> | null, state, moved);
    if (problem !== undefined) return { ...problem, field: `decide: actions[${index}]${problem.field}` };
  }
  return undefined;
}

function actionProblem(
  action: Readonly<Partial<Record<string, unknown>>> | null,
  state: ClusterState,
  moved: Set<number>,
): FieldProblem | undefined {
  const { kind, vm, from, to, host, reason } = action ?? {};
  if (typeof kind !== 'string' || !Object.hasOwn(KINDS, kind)) {
    const expected = `one of ${Object.keys(KINDS).join(', ')} is expected`;
    return { field: '.kind', problem: `is ${JSON.stringify(kind) ?? 'missing'}, but ${expected}` };
  }
  const { hosts } = state;
  const hostIs = (value: unknown, wanted: HostState) => isIndex(value, hosts.end) && hosts.state[value] === wanted;
  switch (kind as Action['kind']) {
    case 'place':
    case 'wait':
      if (!isVm(vm, state) || state.vms.phase[vm] !== VmPhase.pending || state.vms.host[vm] !== NONE) {
        return { field: '.vm', problem: `is ${vm}, but the index of a VM that waits to be placed is expected` };
      }
      if (kind === 'place' && !hostIs(to, HostState.on))
        return { field: '.to', problem: `is ${to}, but the index of a host that is on is expected` };
      if (moved.has(vm)) return { field: '.vm', problem: `is ${vm}, which another action is about already` };
      moved.add(vm);
      break;
    case 'migrate':
      if (!isVm(vm, state) || !state.vmCursor().at(vm).isMovable) {
        return {
          field: '.vm',
          problem: `is ${vm}, but the index of a VM that may be moved now is expected (see isMovable)`,
        };
      }
      if (state.vms.host[vm] !== from)
        return { field: '.from', problem: `is ${from}, but VM ${vm} is on host ${state.vms.host[vm]}` };
      if (!hostIs(to, HostState.on) || to === from)
        return { field: '.to', problem: `is ${to}, but the index of another host that is on is expected` };
      if (moved.has(vm)) return { field: '.vm', problem: `is ${vm}, which another action is about already` };
      moved.add(vm);
      break;
    case 'wake':
      if (!hostIs(host, HostState.standby))
        return { field: '.host', problem: `is ${host}, but the index of a host in standby is expected` };
      break;
    case 'standby':
      if (!hostIs(host, HostState.on))
        return { field: '.host', problem: `is ${host}, but the index of a host that is on is expected` };
      if (hosts.vmCount[host as number]! + hosts.incomingCount[host as number]! > 0) {
        return { field: '.host', problem: `is ${host}, which has VMs or expects some; only an empty host may sleep` };
      }
      break;
  }
  return reasonProblem(reason);
}

function reasonProblem(reason: unknown): FieldProblem | undefined {
  const { kind, text } = (reason ?? {}) as { readonly kind?: unknown; readonly text?: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(REASONS, kind)) {
    return { field: '.reason', problem: 'is none that can be told; { kind: "said", text: "…" } is expected' };
  }
  if (kind === 'said' && (typeof text !== 'string' || text === ''))
    return { field: '.reason.text', problem: 'is expected to be a sentence' };
  return undefined;
}

function isIndex(value: unknown, end: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < end;
}

function isVm(value: unknown, state: ClusterState): value is number {
  return isIndex(value, state.vms.end) && state.vms.phase[value] !== VmPhase.free;
}
