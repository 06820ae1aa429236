// A virtual cluster whose hosts are watched from outside: their memory (through the executor), the frames between them (through the page
// network) and the owner records (in the store itself). At the beginning of every quantum it checks that whoever runs a VM
// holds its record; `settle` checks at the end that nothing is lost, leaked or stuck.

import { expect } from 'vitest';
import { Core, compileInterpreter, PAGE_BYTES } from '../shared/machine/mod.ts';
import { decodeSourceFrame, digestOf, migratingVm } from '../shared/migration/mod.ts';
import {
  type Answer,
  BUCKET_OWNERS,
  type ClusterEvent,
  type HostCommand,
  type MigrationLimits,
  type MigrationReport,
  type OwnerRecord,
  ownerRecordCodec,
  type VmSpecification,
} from '../shared/protocol/mod.ts';
import { MemoryBucket } from '../shared/runtime/memory/memory-bucket.ts';
import {
  type Executor,
  hasCode,
  NS_PER_MS,
  NS_PER_S,
  type PageNetwork,
  type PageStream,
} from '../shared/runtime/mod.ts';
import { HostMemory, RunState, Vm } from '../shared/vmm/mod.ts';
import { HOST, LIMITS, VirtualCluster, type VirtualClusterOptions, vmSpecification } from './virtual-cluster.ts';

const [FINAL, SWAPPED] = [5, 20];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const MIB = 1024 * 1024;
const QUANTUM_NS = 10 * NS_PER_MS;
/** Longer than every deadline of a migration together, and than a host's patience with a store that was away. */
const QUIET_NS = 120 * NS_PER_S;

/** Short enough that a sweep over hundreds of runs is quick. */
export const LAB_LIMITS: MigrationLimits = {
  ...LIMITS,
  downtimeLimitNs: 5 * NS_PER_MS,
  totalLimitNs: 20 * NS_PER_S,
  waitLimitNs: NS_PER_S,
};

/** A guest that writes a lot converges as well. */
const EASY_LIMITS: MigrationLimits = { ...LAB_LIMITS, downtimeLimitNs: NS_PER_S };

export interface Frame {
  /** Counted over the whole run, from 0. */
  readonly index: number;
  readonly from: string;
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** What becomes of a frame: sent as it is, or as this; an error breaks the stream. */
export type FrameHook = (frame: Frame) => Uint8Array | Error | undefined;

interface SeenHost {
  memory: HostMemory;
  core: Core;
  /** When the last quantum began, and its length. */
  quantumFromNs: number;
  quantumNs: number;
}

export interface LabOptions extends VirtualClusterOptions {
  readonly limits?: MigrationLimits;
  readonly onFrame?: FrameHook;
}

export class MigrationLab {
  readonly cluster: VirtualCluster;
  readonly reports: MigrationReport[] = [];
  /** Frames sent so far. */
  frames = 0;
  /** How often a target has resumed a VM. */
  switchOvers = 0;
  onFrame: FrameHook | undefined;
  limits = LAB_LIMITS;
  /** Whether every event must have come in. */
  isHeard = true;
  readonly #seen: Map<string, SeenHost>;
  readonly #records = new Map<string, OwnerRecord>();
  readonly #sizes = new Map<number, VmSpecification>();
  readonly #dead = new Set<string>();
  /** Digests of the VMs that stood still when their last frame was sent. */
  readonly #finals = new Set<string>();
  #inputs = 0;
  #migrations = 0;

  private constructor(cluster: VirtualCluster, seen: Map<string, SeenHost>) {
    this.cluster = cluster;
    this.#seen = seen;
  }

  static async start(options: LabOptions): Promise<MigrationLab> {
    const seen = new Map<string, SeenHost>();
    let lab: MigrationLab | undefined;
    const cluster = await VirtualCluster.start({
      ...options,
      hosts: options.hosts.map((host) =>
        typeof host === 'string' ? { host, ...HOST, instructionsPerSecond: 10_000_000, memoryBytes: 32 * MIB } : host,
      ),
      network: {
        link: { bitsPerSecond: 200_000_000 },
        ...options.network,
      },
      executor: (executor) =>
        watchedExecutor(options.executor?.(executor) ?? executor, seen, (host) => lab?.audit(host)),
      ports: (host, given) => {
        const ports = options.ports?.(host, given) ?? given;
        return { ...ports, pages: watchedPages(host, ports.pages, (from, bytes) => lab?.sent(from, bytes)) };
      },
    });
    lab = new MigrationLab(cluster, seen);
    lab.onFrame = options.onFrame;
    lab.limits = options.limits ?? LAB_LIMITS;
    present = lab;
    return lab;
  }

  get lastMigration(): string {
    return `m${this.#migrations}`;
  }

  get nowNs(): number {
    return this.cluster.world.clock.now();
  }

  record(vm: string): OwnerRecord | undefined {
    return this.#records.get(vm);
  }

  /** Each event once, however often the network delivered it. */
  get events(): ClusterEvent[] {
    return [...new Map(this.cluster.events.map((event) => [`${event.source} ${event.sequence}`, event])).values()];
  }

  lines(vm: string): string[] {
    return this.events.flatMap((event) => (event.kind === 'vm.console' && event.vm === vm ? [event.line] : []));
  }

  get hosts(): string[] {
    return [...this.#seen.keys()];
  }

  isDead(host: string): boolean {
    return this.#dead.has(host);
  }

  crash(host: string, kind: 'process' | 'power'): void {
    this.#dead.add(host);
    this.cluster.world.crash(host, kind);
  }

  /** A specification whose size tells its VM from the others in a host's memory. */
  specify(vm: string, image: string, bootArguments: string, memoryBytes = 4 * MIB): VmSpecification {
    const pages = memoryBytes / PAGE_BYTES;
    expect(this.#sizes.get(pages)?.vm ?? vm, 'VMs of a lab have different sizes').toBe(vm);
    const specification = vmSpecification(vm, image, { memoryBytes, bootArguments });
    this.#sizes.set(pages, specification);
    return specification;
  }

  /** Starts a VM, whose size tells it from the others, and waits for its first line. */
  async startVm(vm: string, image: string, bootArguments: string, host: string, memoryBytes = 4 * MIB): Promise<void> {
    const specification = this.specify(vm, image, bootArguments, memoryBytes);
    const ready = this.cluster.next('vm.console', (event) => event.vm === vm && event.line.includes(' ready '));
    await this.cluster.run(() => this.cluster.startVm(specification, host));
    await this.cluster.run(() => ready);
  }

  /** Asks the owner to move a VM; undefined when no answer came. Nothing is waited for but the answer. */
  async beginMigration(
    vm: string,
    to: string,
    limits = this.limits,
  ): Promise<{ migration: string; answer: Answer | undefined }> {
    this.#migrations += 1;
    const migration = this.lastMigration;
    const from = this.#records.get(vm)!.host;
    const pageAddress = this.cluster.pageAddress(to);
    const answer = await this.ask(from, { kind: 'migrate', migration, vm, to, pageAddress, limits, why: 'a test' });
    return { migration, answer };
  }

  /** A command, repeated until it is answered; undefined when the host stays silent. */
  async ask(host: string, command: HostCommand, attempts = 5): Promise<Answer | undefined> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      try {
        return await this.cluster.command(host, command);
      } catch (error) {
        if (!hasCode(error, 'RUNTIME_TIMEOUT', 'RUNTIME_NO_RESPONDER')) throw error;
      }
    }
    return undefined;
  }

  /** Types a line at whoever owns the VM, as often as it takes, and answers when it has been accepted. */
  async type(vm: string, line: string, limitNs = QUIET_NS): Promise<void> {
    this.#inputs += 1;
    const input = `input-${this.#inputs}`;
    const untilNs = this.nowNs + limitNs;
    for (;;) {
      const host = this.#records.get(vm)!.host;
      const answer = await this.ask(host, { kind: 'type', vm, input, text: `${line}\n` }, 1);
      if (answer?.ok === true) return;
      if (this.nowNs > untilNs) throw new Error(`${line} could not be typed at ${vm}: ${JSON.stringify(answer)}`);
      await this.cluster.operator.clock.sleep(20 * NS_PER_MS);
    }
  }

  /** Types a line and waits for the next line that the guest prints. */
  async talk(vm: string, line: string): Promise<string> {
    const from = this.cluster.events.length;
    await this.cluster.run(() => this.type(vm, line));
    const untilNs = this.nowNs + QUIET_NS;
    for (;;) {
      const said = this.cluster.events.slice(from).find((event) => event.kind === 'vm.console' && event.vm === vm);
      if (said?.kind === 'vm.console') return said.line;
      if (this.nowNs > untilNs) throw new Error(`${vm} does not answer to ${line}`);
      await this.cluster.runFor(20 * NS_PER_MS);
    }
  }

  /** The VMs that a host's CPUs may run, and those that are paused there, by name. */
  residents(host: string): { name: string; vm: Vm; isRunning: boolean }[] {
    const seen = this.#seen.get(host);
    if (seen === undefined) return [];
    const { memory, core } = seen;
    const found: { name: string; vm: Vm; isRunning: boolean }[] = [];
    for (let slot = 0; slot < memory.vmSlotsUsed; slot += 1) {
      if (memory.vmBlock(slot) === 0) continue;
      const vm = Vm.attach(memory, core, slot);
      const name = this.#sizes.get(vm.pages.ramPageCount)?.vm ?? `slot ${slot}`;
      found.push({ name, vm, isRunning: vm.runState === RunState.running });
    }
    return found;
  }

  /** At the beginning of a quantum: a host that runs a VM holds its record. */
  audit(host: string): void {
    for (const { name, isRunning } of this.residents(host)) {
      const record = this.#records.get(name);
      if (!isRunning || record?.host === host || this.cluster.failures.length > 0) continue;
      const owner = record === undefined ? 'nobody' : `${record.host} in epoch ${record.epoch}`;
      this.cluster.failures.push(new Error(`at ${this.nowNs} ns ${host} runs ${name}, which belongs to ${owner}`));
    }
  }

  /**
   * At the last frame of a migration: rehashes everything, while the guest stands still. What is sent as the digest, kept page by page, must be
   * that, and so must what the target holds when it becomes the owner.
   */
  #checkDigest(host: string, bytes: Uint8Array): void {
    if (bytes[0] === FINAL) {
      const final = decodeSourceFrame(bytes);
      const paused = this.residents(host).filter(({ vm }) => vm.runState === RunState.paused);
      const digests = paused.map(({ vm }) => this.#digest(host, vm));
      if (final.kind === 'final' && digests.includes(hex(final.digest))) this.#finals.add(hex(final.digest));
      else
        this.cluster.failures.push(
          new Error(`at ${this.nowNs} ns the digest that ${host} sends is not that of its VM`),
        );
    } else if (bytes[0] === SWAPPED) {
      this.switchOvers += 1;
    }
  }

  /** The VM has just become `host`'s, which has not touched it since it came. */
  #checkArrival(host: string): void {
    const digests = this.residents(host).map(({ vm }) => this.#digest(host, vm));
    if (!digests.some((digest) => this.#finals.has(digest)))
      this.cluster.failures.push(new Error(`at ${this.nowNs} ns ${host} takes over what nobody sent`));
  }

  #digest(host: string, vm: Vm): string {
    const { memory, core } = this.#seen.get(host)!;
    return hex(digestOf(migratingVm(vm, core, memory)));
  }

  sent(from: string, bytes: Uint8Array): Uint8Array | Error | undefined {
    this.#checkDigest(from, bytes);
    const frame = { index: this.frames, from, type: bytes[0]!, bytes };
    this.frames += 1;
    return this.onFrame?.(frame);
  }

  /** Lets everything that is under way come to its end, and checks that it was a good one. `vms` are those that must live if their host does. */
  async settle(vms: readonly string[]): Promise<void> {
    await this.waitUntilQuiet(vms);
    // Whatever was moving has arrived or stayed: another migration can begin.
    for (const vm of vms) await this.#moveOnce(vm);
    for (const vm of vms) await this.#expectRightMemory(vm);
  }

  /** Until nothing is under way any more; what holds then is checked. */
  async waitUntilQuiet(vms: readonly string[]): Promise<void> {
    const untilNs = this.nowNs + QUIET_NS;
    for (;;) {
      await this.cluster.runFor(NS_PER_S);
      try {
        this.#expectQuiet(vms);
        break;
      } catch (error) {
        if (this.nowNs > untilNs) throw error;
      }
    }
  }

  #expectQuiet(vms: readonly string[]): void {
    const begun = this.events.flatMap((event) => (event.kind === 'migration.started' ? [event] : []));
    for (const { migration, from } of begun) {
      const ends = this.events.filter(
        (event) => event.kind === 'migration.ended' && event.report.migration === migration,
      );
      if (this.isHeard && !this.#dead.has(from)) expect(ends.length, `ends of migration ${migration}`).toBe(1);
    }
    for (const host of this.#seen.keys()) if (!this.#dead.has(host)) this.#expectTidy(host);
    for (const vm of vms) {
      const record = this.#records.get(vm)!;
      if (this.#dead.has(record.host)) continue;
      const isRunning = this.residents(record.host).find(({ name }) => name === vm)?.isRunning;
      expect(isRunning, `${vm} runs on ${record.host}`).toBe(true);
    }
  }

  /** Hosts without VMs can be switched off, which they refuse while anything is left of a VM or a migration. */
  async expectEmptyHostsToSleep(): Promise<void> {
    for (const host of this.#seen.keys()) {
      if (this.#dead.has(host) || this.residents(host).length > 0) continue;
      const untilNs = this.nowNs + QUIET_NS;
      for (;;) {
        const answer = await this.cluster.run(() => this.ask(host, { kind: 'standby', why: 'a test' }));
        // One that was told to sleep and to wake before is not awake yet.
        const isWaking = answer?.ok === false && answer.code === 'HOST_NOT_ON' && this.nowNs < untilNs;
        if (!isWaking) expect(answer, host).toEqual({ ok: true });
        if (!isWaking) break;
        await this.cluster.runFor(NS_PER_S);
      }
    }
  }

  async #expectRightMemory(vm: string): Promise<void> {
    const image = [...this.#sizes.values()].find((specification) => specification.vm === vm)!.image;
    if (image !== 'dirty' || this.#dead.has(this.#records.get(vm)!.host)) return;
    expect(await this.talk(vm, 'check')).toMatch(/^check ok/);
  }

  /** Another migration can begin and arrive, as soon as the host that it goes to is on. */
  async #moveOnce(vm: string): Promise<void> {
    const { host } = this.#records.get(vm)!;
    const target = this.hosts.find((other) => other !== host && !this.#dead.has(other));
    if (this.#dead.has(host) || target === undefined) return;
    const untilNs = this.nowNs + QUIET_NS;
    for (;;) {
      const ended = this.cluster.next('migration.ended', (event) => event.report.vm === vm);
      const { answer } = await this.cluster.run(() => this.beginMigration(vm, target, EASY_LIMITS));
      expect(answer).toMatchObject({ ok: true });
      const { report } = await this.cluster.run(() => ended);
      if (report.outcome === 'completed') break;
      if (this.nowNs > untilNs || !report.detail.includes('HOST_NOT_ON'))
        throw new Error(`${vm} cannot be moved: ${report.detail}`);
      await this.cluster.runFor(NS_PER_S);
    }
    expect(this.#records.get(vm)).toMatchObject({ host: target });
  }

  /** All frames that are taken belong to a VM here whose record says so, and quanta are as long as without migrations. */
  #expectTidy(host: string): void {
    const { memory, quantumFromNs, quantumNs } = this.#seen.get(host)!;
    let taken = 0;
    for (const { name, vm } of this.residents(host)) {
      expect(this.#records.get(name)?.host, `${host} has ${name}`).toBe(host);
      const { memoryBytes } = this.#sizes.get(vm.pages.ramPageCount)!;
      taken += Vm.frameCount({ memoryBytes, diskBytes: 0 }) - vm.pages.pageCount + vm.pages.residentPages();
    }
    expect(memory.usableFrames - memory.freeFrames, `frames taken on ${host}`).toBe(taken);
    // Where nothing runs there is no quantum to look at.
    if (quantumFromNs > this.nowNs - NS_PER_S / 2) expect(quantumNs, `quantum of ${host}`).toBe(QUANTUM_NS);
  }

  /** A record has changed in the store, this very moment. */
  observe(record: OwnerRecord): void {
    const before = this.#records.get(record.vm);
    if (before !== undefined && record.epoch <= before.epoch)
      this.cluster.failures.push(new Error(`the epoch of ${record.vm} goes from ${before.epoch} to ${record.epoch}`));
    this.#records.set(record.vm, record);
    if (before !== undefined && before.released !== true && record.host !== before.host)
      this.#checkArrival(record.host);
  }
}

/** The lab that was started last. */
let present: MigrationLab | undefined;

// What a watcher is told may be late; who has a VM is what the store holds now. Nothing but a look inside says that.
const { put } = MemoryBucket.prototype;
MemoryBucket.prototype.put = function (key, value) {
  const revision = put.call(this, key, value);
  if (this.name === BUCKET_OWNERS) present?.observe(ownerRecordCodec.decode(value));
  return revision;
};

function watchedExecutor(executor: Executor, seen: Map<string, SeenHost>, audit: (host: string) => void): Executor {
  return {
    async attach(host, memory) {
      const attached = await executor.attach(host, memory);
      const view = {
        memory: HostMemory.attach(memory),
        core: new Core(compileInterpreter(), memory),
        quantumFromNs: 0,
        quantumNs: 0,
      };
      seen.set(host, view);
      return {
        run(fromNs, toNs) {
          audit(host);
          view.quantumFromNs = fromNs;
          view.quantumNs = toNs - fromNs;
          return attached.run(fromNs, toNs);
        },
        detach: () => attached.detach(),
      };
    },
    close: () => executor.close(),
  };
}

function watchedPages(
  host: string,
  pages: PageNetwork,
  sent: (from: string, bytes: Uint8Array) => Uint8Array | Error | undefined,
): PageNetwork {
  const watched = (stream: PageStream): PageStream => ({
    peer: stream.peer,
    closed: stream.closed,
    onFrame: (handler) => stream.onFrame(handler),
    close: () => stream.close(),
    send: (frame) => {
      const outcome = sent(host, frame);
      if (outcome instanceof Error) stream.close();
      return stream.send(outcome instanceof Error ? frame : (outcome ?? frame));
    },
  });
  return {
    listen: (accept) => pages.listen((stream) => accept(watched(stream))),
    connect: async (address, timeoutNs) => watched(await pages.connect(address, timeoutNs)),
  };
}
