// Several VMs on three hosts, migrations between all of them, and everything that can go wrong at random, from one seed. Then the network heals, and
// nothing may be lost, doubled, leaked or stuck.

import { expect } from 'vitest';
import { expectedBatchChecksum } from '../guests/mod.ts';
import { NS_PER_MS, NS_PER_S, type Random, SeededRandom } from '../shared/runtime/mod.ts';
import { MigrationLab } from './migration-lab.ts';

const MIB = 1024 * 1024;
const HOSTS = ['h1', 'h2', 'h3'];
const ACTIONS = 20;
const BATCH = { rounds: 6, sizeKib: 16 };
/** Until every deadline has passed and sleeping hosts are awake. */
const CALM_NS = 45 * NS_PER_S;

const pick = <T>(random: Random, items: readonly T[]): T => items[random.below(items.length)]!;
/** Short ones as likely as long ones. */
const duration = (random: Random, shortestNs: number, longestNs: number): number =>
  Math.round(shortestNs * (longestNs / shortestNs) ** random.float());
const between = (random: Random, low: number, high: number): number => Math.round(low + random.float() * (high - low));

export interface ChaosEnd {
  readonly switchOvers: number;
  readonly outcomes: readonly string[];
  /** Everything that was told, in the order in which it came in. */
  readonly events: string;
}

/** A failure says what was done, and the seed, which is all that is needed to do it again. */
export async function runChaos(seed: number, threads = 0): Promise<ChaosEnd> {
  const chaos = new Chaos(seed, threads);
  try {
    return await chaos.run();
  } catch (error) {
    const message = `seed ${seed} (repeat with runChaos(${seed})): ${(error as Error).message}`;
    throw new Error([message, ...chaos.deeds].join('\n  '), { cause: error });
  } finally {
    await chaos.close();
  }
}

class Chaos {
  readonly deeds: string[] = [];
  readonly #random: Random;
  readonly #seed: number;
  readonly #isLossy: boolean;
  readonly #mayDie: boolean;
  readonly #work: Promise<void>[] = [];
  readonly #pings = new Map<string, number>();
  #lab!: MigrationLab;
  #vms: string[] = [];
  #isParted = false;
  /** Where the last migration set out. */
  #lastFrom = 'h1';

  readonly #threads: number;

  constructor(seed: number, threads: number) {
    this.#seed = seed;
    this.#threads = threads;
    this.#random = new SeededRandom(seed).fork('chaos');
    this.#isLossy = this.#random.chance(0.5);
    this.#mayDie = this.#random.chance(0.4);
  }

  close(): Promise<void> {
    return this.#lab.cluster.world.executor.close();
  }

  async run(): Promise<ChaosEnd> {
    await this.#begin();
    for (let count = 0; count < ACTIONS; count += 1) {
      this.#act();
      await this.#lab.cluster.runFor(this.#pause());
    }
    await this.#calm();
    await this.#expectBatchDone();
    const living = this.#vms.filter((vm) => this.#lab.record(vm)?.released !== true);
    const { switchOvers } = this.#lab;
    await this.#lab.settle(living);
    this.#expectPongs(living);
    await this.#lab.expectEmptyHostsToSleep();
    const outcomes = this.#lab.events.flatMap((event) =>
      event.kind === 'migration.ended' ? [event.report.outcome] : [],
    );
    const events = this.#lab.cluster.events.map((event) => JSON.stringify(event)).join('\n');
    return { switchOvers, outcomes, events };
  }

  async #begin(): Promise<void> {
    const random = this.#random;
    this.#lab = await MigrationLab.start({ hosts: HOSTS, seed: this.#seed, threads: this.#threads });
    const count = 1 + random.below(3);
    for (let index = 0; index < count; index += 1) {
      const vm = `v${index}`;
      const settings = `set-kib=${pick(random, [64, 256, 512])} rate-kib=${pick(random, [0, 256, 1024, 4096])} order=${pick(random, ['seq', 'random'])} period-ms=${pick(random, [20, 50])}`;
      const host = pick(random, HOSTS);
      this.#do(`start ${vm} on ${host}: ${settings}`);
      await this.#lab.startVm(vm, 'dirty', settings, host, (4 + index) * MIB);
      this.#vms.push(vm);
    }
    const roomiest = HOSTS.toSorted((a, b) => this.#lab.residents(a).length - this.#lab.residents(b).length)[0]!;
    const settings = `rounds=${BATCH.rounds} size-kib=${BATCH.sizeKib}`;
    await this.#lab.startVm('job', 'batch', settings, roomiest, 9 * MIB);
    this.#vms.push('job');
    const faults = this.#isLossy
      ? {
          loss: 0.03,
          duplicate: 0.1,
          reorder: 0.1,
          delay: 0.2,
          delayNs: 3 * NS_PER_MS,
          storeLoss: 0.05,
          streamBreak: 0.005,
        }
      : { duplicate: 0.2, reorder: 0.2, delay: 0.3, delayNs: 2 * NS_PER_MS, streamBreak: 0.003 };
    this.#lab.cluster.world.network.setFaults(faults);
    this.#do(`faults ${JSON.stringify(faults)}`);
  }

  #do(deed: string): void {
    this.deeds.push(`${this.#lab.nowNs} ns: ${deed}`);
  }

  /** Work that goes on beside the rest. */
  #beside(work: Promise<unknown>): void {
    this.#work.push(
      work.then(
        () => undefined,
        (error: unknown) => void this.#lab.cluster.failures.push(error),
      ),
    );
  }

  #pause(): number {
    return pick(this.#random, [
      between(this.#random, 0, 2 * NS_PER_MS),
      between(this.#random, 0, 40 * NS_PER_MS),
      between(this.#random, 0, 2 * NS_PER_S),
    ]);
  }

  #act(): void {
    const random = this.#random;
    const lab = this.#lab;
    const { network } = lab.cluster.world;
    const vm = pick(random, this.#vms);
    const host = pick(random, HOSTS);
    const drawn = random.float();
    if (drawn < 0.5) {
      if (lab.record(vm)!.released === true || lab.record(vm)!.host === host) return;
      this.#do(`migrate ${vm} from ${lab.record(vm)!.host} to ${host}`);
      this.#beside(lab.beginMigration(vm, host));
      this.#lastFrom = lab.record(vm)!.host;
      if (random.chance(0.3)) this.#cancelLater(between(random, 0, 30 * NS_PER_MS));
    } else if (drawn < 0.6) {
      this.#cancelLater(0);
    } else if (drawn < 0.7) {
      if (vm === 'job' || this.#mayDie) return;
      this.#do(`type at ${vm}`);
      this.#pings.set(vm, (this.#pings.get(vm) ?? 0) + 1);
      this.#beside(lab.type(vm, 'ping'));
    } else if (drawn < 0.8) {
      const durationNs = duration(random, NS_PER_MS, 15 * NS_PER_S);
      const groups = pick(random, [
        [[host], [...HOSTS.filter((other) => other !== host), 'nats', 'operator']],
        [[host], ['nats', 'operator']],
      ]);
      this.#do(`part ${JSON.stringify(groups)} for ${durationNs} ns`);
      this.#isParted = true;
      const partition = network.partition(groups);
      lab.cluster.world.clock.at(lab.nowNs + durationNs, () => partition.heal());
    } else if (drawn < 0.88) {
      const durationNs = duration(random, NS_PER_MS, 40 * NS_PER_S);
      this.#do(`the store is away for ${durationNs} ns`);
      const { storeLoss } = network.faults;
      network.setFaults({ storeLoss: 1 });
      lab.cluster.world.clock.at(lab.nowNs + durationNs, () =>
        network.setFaults({ storeLoss: storeLoss === 1 ? 0 : storeLoss }),
      );
    } else if (drawn < 0.95) {
      const kind = pick(random, ['standby', 'wake'] as const);
      this.#do(`${kind} ${host}`);
      this.#beside(lab.ask(host, { kind, why: 'a test' }, 1));
    } else if (this.#mayDie && !HOSTS.some((other) => lab.isDead(other))) {
      const kind = pick(random, ['process', 'power'] as const);
      this.#do(`${host} dies (${kind})`);
      lab.crash(host, kind);
    }
  }

  #cancelLater(delayNs: number): void {
    const lab = this.#lab;
    const migration = lab.lastMigration;
    const host = this.#lastFrom;
    this.#do(`cancel ${migration} at ${host} in ${delayNs} ns`);
    lab.cluster.world.clock.at(lab.nowNs + delayNs, () =>
      this.#beside(lab.ask(host, { kind: 'cancel', migration }, 1)),
    );
  }

  /** The network heals, all that was begun comes to its end, and all hosts that live are on. */
  async #calm(): Promise<void> {
    const lab = this.#lab;
    const { network } = lab.cluster.world;
    const none = { loss: 0, duplicate: 0, reorder: 0, delay: 0, delayNs: 0, storeLoss: 0, streamBreak: 0 };
    await lab.cluster.runFor(CALM_NS);
    network.setFaults(none);
    this.#do('calm');
    lab.isHeard = !this.#isLossy && !this.#isParted;
    await lab.cluster.run(() => Promise.all(this.#work));
    for (const host of HOSTS) {
      if (!lab.isDead(host)) await lab.cluster.run(() => lab.ask(host, { kind: 'wake', why: 'a test' }));
    }
    await lab.cluster.runFor(CALM_NS);
  }

  async #expectBatchDone(): Promise<void> {
    const lab = this.#lab;
    const { record } = { record: () => lab.record('job')! };
    const untilNs = lab.nowNs + 2 * CALM_NS;
    while (record().released !== true && !lab.isDead(record().host)) {
      if (lab.nowNs > untilNs) throw new Error(`the batch job did not end; its record is ${JSON.stringify(record())}`);
      await lab.cluster.runFor(NS_PER_S);
    }
    if (lab.isDead(record().host) || this.#isLossy || this.#isParted) return;
    const expected = `checksum=${expectedBatchChecksum(BATCH.rounds, BATCH.sizeKib)} rounds=${BATCH.rounds}`;
    expect(lab.lines('job').filter((line) => line.startsWith('checksum='))).toEqual([expected]);
  }

  /** Each line that was accepted has been typed exactly once. */
  #expectPongs(living: readonly string[]): void {
    if (this.#isLossy || this.#isParted) return;
    for (const vm of living) {
      const pongs = this.#lab.lines(vm).filter((line) => line === 'pong').length;
      expect(pongs, `pongs of ${vm}`).toBe(this.#pings.get(vm) ?? 0);
    }
  }
}
