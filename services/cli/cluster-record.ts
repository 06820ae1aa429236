// What `up` leaves for `down`, `status` and the rest: which processes make up a cluster and where it answers. A process counts as ours only
// while its id and its start time both agree, so that a reused id is never signalled.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { codec } from '../../shared/protocol/mod.ts';
import { clustersPath } from './places.ts';

const strict = { additionalProperties: false };

export const ClusterProcess = Type.Object(
  {
    name: Type.String(),
    pid: Type.Integer({ minimum: 1 }),
    /** proc(5), stat: starttime. */
    startTicks: Type.String(),
    logPath: Type.String(),
  },
  strict,
);
export type ClusterProcess = Static<typeof ClusterProcess>;

export const ClusterRecord = Type.Object(
  {
    name: Type.String(),
    natsUrl: Type.String(),
    apiUrl: Type.String(),
    /** Wall clock at cluster time 0. */
    epochMs: Type.Number(),
    speed: Type.Number(),
    processes: Type.Array(ClusterProcess),
  },
  strict,
);
export type ClusterRecord = Static<typeof ClusterRecord>;

const recordCodec = codec('cluster record', ClusterRecord);

export function clusterPath(checkoutPath: string, name: string): string {
  return join(clustersPath(checkoutPath), name);
}

/** Of the API of a cluster, which makes it at its first start. */
export function tokenPath(path: string): string {
  return join(path, 'token');
}

export function readRecord(checkoutPath: string, name: string): ClusterRecord | undefined {
  try {
    return recordCodec.decode(readFileSync(recordPath(checkoutPath, name)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function writeRecord(checkoutPath: string, record: ClusterRecord): void {
  mkdirSync(clusterPath(checkoutPath, record.name), { recursive: true });
  const path = recordPath(checkoutPath, record.name);
  writeFileSync(`${path}.new`, recordCodec.encode(record));
  renameSync(`${path}.new`, path);
}

export function removeRecord(checkoutPath: string, name: string): void {
  rmSync(recordPath(checkoutPath, name), { force: true });
}

function recordPath(checkoutPath: string, name: string): string {
  return join(clusterPath(checkoutPath, name), 'cluster.json');
}

/** When a process began; undefined when there is none with this id. */
export function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie is nobody any more: it only waits for its parent.
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

export function isAlive(process: ClusterProcess): boolean {
  return startTicksOf(process.pid) === process.startTicks;
}
