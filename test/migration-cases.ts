// What can go wrong with a migration, as data: one fault, at one frame of the stream or at one moment, for so long. A case is a function of its
// fields alone, so printing it is enough to repeat it.

import { expect } from 'vitest';
import type { NetworkFaults } from '../shared/runtime/memory/mod.ts';
import { NS_PER_MS, NS_PER_S } from '../shared/runtime/mod.ts';
import { MigrationLab } from './migration-lab.ts';

export const FAULTS = [
  'cancel',
  'break the stream',
  'source dies',
  'target dies',
  'source loses power',
  'target loses power',
  'hosts are parted',
  'source is parted',
  'target is parted',
  'the store is away',
  'a bit flips',
  'stop',
  'standby',
  'type',
  'migrate again',
  'migrate elsewhere',
] as const;
export type Fault = (typeof FAULTS)[number];

/** A host that is parted says things that nobody hears. */
const SILENCING: readonly Fault[] = ['hosts are parted', 'source is parted', 'target is parted'];
const LONG_FAULTS: readonly Fault[] = [...SILENCING, 'the store is away', 'standby'];
const AWAKE_NS = 12 * NS_PER_S;

export interface FaultPlan {
  readonly fault: Fault;
  /** For how long partitions and an absent store last. */
  readonly durationNs: number;
}

const FRAME_BIT = 1000;

/** Lets the fault happen now. Answers what becomes of the frame that is just being sent. */
export function strike(
  lab: MigrationLab,
  plan: FaultPlan,
  bytes: Uint8Array | undefined,
): Uint8Array | Error | undefined {
  const { network, clock } = lab.cluster.world;
  const later = (action: () => void): void => void clock.at(clock.now() + plan.durationNs, action);
  const parted = (...groups: string[][]): void => {
    const partition = network.partition(groups);
    later(() => partition.heal());
  };
  const unheard = (work: Promise<unknown>): void =>
    void work.catch((error: unknown) => lab.cluster.failures.push(error));
  const migrate = (migration: string, to: string) =>
    lab.ask('h1', {
      ...{ kind: 'migrate', migration, vm: 'v', to, pageAddress: lab.cluster.pageAddress(to), why: 'a test' },
      limits: lab.limits,
    });
  switch (plan.fault) {
    case 'cancel':
      unheard(lab.ask('h1', { kind: 'cancel', migration: 'm1' }));
      return undefined;
    case 'break the stream':
      return new Error('broken');
    case 'source dies':
      lab.crash('h1', 'process');
      return undefined;
    case 'target dies':
      lab.crash('h2', 'process');
      return undefined;
    case 'source loses power':
      lab.crash('h1', 'power');
      return undefined;
    case 'target loses power':
      lab.crash('h2', 'power');
      return undefined;
    case 'hosts are parted':
      parted(['h1'], ['h2', 'h3', 'nats', 'operator']);
      return undefined;
    case 'source is parted':
      parted(['h1'], ['h2', 'h3'], ['nats', 'operator']);
      return undefined;
    case 'target is parted':
      parted(['h2'], ['h1', 'h3', 'nats', 'operator']);
      return undefined;
    case 'the store is away':
      network.setFaults({ storeLoss: 1 });
      later(() => network.setFaults({ storeLoss: 0 }));
      return undefined;
    case 'a bit flips': {
      if (bytes === undefined) return undefined;
      const flipped = Uint8Array.from(bytes);
      flipped[Math.min(FRAME_BIT, flipped.byteLength - 1)]! ^= 4;
      return flipped;
    }
    case 'stop':
      unheard(lab.ask('h1', { kind: 'stop', vm: 'v' }));
      return undefined;
    case 'standby':
      for (const host of ['h1', 'h2', 'h3'])
        unheard(
          lab.ask(host, { kind: 'standby', why: 'a test' }).then(() => lab.ask(host, { kind: 'wake', why: 'a test' })),
        );
      return undefined;
    case 'type':
      unheard(lab.type('v', 'ping'));
      return undefined;
    case 'migrate again':
      unheard(migrate('m1', 'h2'));
      return undefined;
    case 'migrate elsewhere':
      unheard(migrate('other', 'h3'));
      return undefined;
  }
}

/** Longer than every deadline, and shorter than all of them. */
export const DURATIONS_NS = [30 * NS_PER_S, 300 * NS_PER_MS];

export interface Case extends FaultPlan {
  /** Struck when this frame is sent, counted from the migration's first, or this long after its beginning. */
  readonly at: { readonly frame: number } | { readonly afterNs: number };
  readonly seed?: number;
  /** Of the network while the VM moves. */
  readonly faults?: Partial<NetworkFaults>;
  readonly guest?: string;
}

export interface CaseEnd {
  /** False when the migration was over before. */
  readonly isStruck: boolean;
  /** How the migration ended; none when its source died. */
  readonly outcome: string;
  readonly switchOvers: number;
}

/** Moves VM `v` from h1 to h2 with one fault on the way, waits until all is quiet again and checks that all is well. */
export async function runCase(given: Case): Promise<CaseEnd> {
  const lab = await MigrationLab.start({
    hosts: ['h1', 'h2', 'h3'],
    seed: given.seed ?? 1,
  });
  await lab.startVm('v', 'dirty', given.guest ?? 'set-kib=256 rate-kib=1024 order=random period-ms=20', 'h1');
  lab.isHeard = !SILENCING.includes(given.fault) && (given.faults?.loss ?? 0) === 0;
  const { network } = lab.cluster.world;
  const calm = network.faults;
  network.setFaults(given.faults ?? {});
  let isStruck = false;
  const { at } = given;
  const first = lab.frames;
  if ('frame' in at) {
    lab.onFrame = ({ index, bytes }) => {
      if (index !== first + at.frame) return undefined;
      isStruck = true;
      return strike(lab, given, bytes);
    };
  } else {
    const { clock } = lab.cluster.world;
    clock.at(clock.now() + at.afterNs, () => {
      isStruck = true;
      strike(lab, given, undefined);
    });
  }
  await lab.cluster.run(() => lab.beginMigration('v', 'h2'));
  // Until the fault is over, and a host that slept is awake again.
  const isLong = LONG_FAULTS.includes(given.fault);
  await lab.cluster.runFor(isLong ? given.durationNs + AWAKE_NS : NS_PER_S);
  const switchOvers = lab.switchOvers;
  await lab.waitUntilQuiet(given.fault === 'stop' ? [] : ['v']);
  lab.onFrame = undefined;
  network.setFaults(calm);
  const isEnded = lab.record('v')?.released === true;
  if (given.fault === 'stop' && isEnded) await lab.settle([]);
  else await lab.settle(['v']);
  if (given.fault === 'type' && isStruck && lab.isHeard)
    expect(lab.lines('v').filter((line) => line === 'pong')).toHaveLength(1);
  await lab.expectEmptyHostsToSleep();
  const report = lab.cluster.events.find(
    (event) => event.kind === 'migration.ended' && event.report.migration === 'm1',
  );
  return { isStruck, outcome: report?.kind === 'migration.ended' ? report.report.outcome : 'none', switchOvers };
}

/** As `runCase`, but a failure names the case. */
export async function runNamedCase(given: Case): Promise<CaseEnd> {
  try {
    return await runCase(given);
  } catch (error) {
    throw new Error(`case ${JSON.stringify(given)}: ${(error as Error).message}`, { cause: error });
  }
}
