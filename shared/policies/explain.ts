// Says a reason in words, with the names and figures it rests on. Call it when the decision is made: indices are used again later.

import { type ClusterState, hostCalled, vmCalled } from '../cluster/mod.ts';
import type { Action, Fit, Reason } from './action.ts';

/** The sentence for people: why this action. */
export function explain(action: Action, state: ClusterState): string {
  return explainReason(action.reason, state);
}

function explainReason(reason: Reason, state: ClusterState): string {
  const host = (index: number) => hostCalled(state.hosts.names[index]!);
  const vm = (index: number) => vmCalled(state.vms.names[index]!);
  const demand = (figures: { readonly host: number; readonly utilisation: number; readonly threshold: number }) =>
    `VMs ask for ${percent(figures.utilisation)} of ${host(figures.host)} (> ${percent(figures.threshold)})`;
  switch (reason.kind) {
    case 'said':
      return reason.text;
    case 'fits': {
      const where = reason.isPinned ? `it is to start on ${host(reason.to)}, which` : host(reason.to);
      const after = `will be at ${percent(reason.utilisationAfter)} with it`;
      return `${where} has room for its ${mebibytes(state.vms.memoryBytes[reason.vm]!)} and ${after}${howItFits(reason.how, reason.target)}`;
    }
    case 'under-used': {
      const used = `${host(reason.host)} is at ${percent(reason.utilisation)} (< ${percent(reason.threshold)}) for ${intervals(reason.intervals)}`;
      const vms = reason.vmCount === 1 ? 'its 1 VM fits' : `its ${reason.vmCount} VMs fit elsewhere, this one`;
      return `${used}; ${vms} on ${state.hosts.names[reason.to]} at ${percent(reason.utilisationAfter)}`;
    }
    case 'overloaded': {
      const wanted = `${demand(reason)} for ${intervals(reason.intervals)}`;
      return `${wanted}; ${state.hosts.names[reason.to]} takes this one at ${percent(reason.utilisationAfter)}${howItFits(reason.how, undefined)}`;
    }
    case 'hot-spot': {
      const wanted = `${demand(reason)}, and did in ${reason.intervals} of ${intervals(reason.window)}`;
      return `${wanted}; ${state.hosts.names[reason.to]} takes this one at ${percent(reason.utilisationAfter)}${howItFits(reason.how, undefined)}`;
    }
    case 'uneven': {
      const spread = `loads of hosts deviate by ${points(reason.deviation)}`;
      const hosts = `${host(reason.host)} is at ${percent(reason.utilisation)} and ${state.hosts.names[reason.to]} at ${percent(reason.toUtilisation)}`;
      return `${spread}, by ${points(reason.deviationAfter)} after this; ${hosts}; it takes about ${seconds(reason.seconds)}`;
    }
    case 'needed': {
      const waiting =
        reason.pendingCount === 1
          ? `${vm(reason.vm)} waits`
          : `${reason.pendingCount} VMs wait, ${vm(reason.vm)} first,`;
      return `${waiting} and none of the ${reason.freeHosts} hosts that are on or waking has room`;
    }
    case 'relief-needed': {
      return `${demand(reason)} and ${count(reason.vmCount, 'VM')} of it fit${reason.vmCount === 1 ? 's' : ''} on no host that is on`;
    }
    case 'start-host-asleep':
      return `${vm(reason.vm)} is to start on ${host(reason.host)}, which is in standby`;
    case 'empty':
      return `${host(reason.host)} has no VMs for ${intervals(reason.intervals)}; ${count(reason.hostsLeftOn, 'host')} stay${reason.hostsLeftOn === 1 ? 's' : ''} on`;
    case 'host-wakes':
      return `it waits for ${host(reason.host)} to wake`;
    case 'no-memory':
      return `it needs ${mebibytes(reason.memoryBytes)} and no host has more than ${mebibytes(reason.largestFreeBytes)} free`;
    case 'start-host-full':
      return `it is to start on ${host(reason.host)}, which has ${mebibytes(reason.freeBytes)} free of the ${mebibytes(state.vms.memoryBytes[reason.vm]!)} it needs`;
    case 'start-host-unusable':
      return `it is to start on ${host(reason.host)}, which is not there, is lost, or refused it`;
  }
}

function howItFits(how: Fit, target: number | undefined): string {
  switch (how) {
    case 'below-target':
      return target === undefined ? '' : ` (target ${percent(target)})`;
    case 'alone':
      return ', alone there';
    case 'crowded':
      return ', above the target because no host has more room';
  }
}

function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`;
}

/** Percentage points. */
function points(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function seconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
}

function mebibytes(bytes: number): string {
  return `${Math.floor(Math.max(0, bytes) / 2 ** 20)} MiB`;
}

function intervals(number: number): string {
  return count(number, 'interval');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
