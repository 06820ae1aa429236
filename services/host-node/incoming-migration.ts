// The target's side of one live migration: applies what arrives to a VM that nobody runs, and when the digest agrees becomes
// its owner by compare-and-swap. Winning the swap is the moment at which the VM is ours; losing it, or anything that goes wrong before it,
// drops what arrived.

import type { Owned, Ownership } from '../../shared/cluster/mod.ts';
import {
  type Baggage,
  decodeSourceFrame,
  encodeAccept,
  encodeCredit,
  encodeFailed,
  encodeRefuse,
  encodeSwapped,
  type Hello,
  PrecopyTarget,
  type SourceFrame,
} from '../../shared/migration/mod.ts';
import { type Clock, CodedError, type Logger, NS_PER_S, type PageStream } from '../../shared/runtime/mod.ts';
import type { Vm } from '../../shared/vmm/mod.ts';
import { hostErrors } from './errors.ts';
import { Mailbox } from './mailbox.ts';
import type { PoweredHost } from './powered-host.ts';
import type { ResidentVm } from './resident-vm.ts';
import { swapUntilKnown } from './swap-until-known.ts';

/** Bytes that may be on the way or waiting to be applied (DESIGN: 1 to 2 MiB in flight). */
export const CREDIT_BYTES = 2 * 1024 * 1024;
/** Chosen: a source that is silent for so long has died, or its network has. */
const SILENCE_LIMIT_NS = 10 * NS_PER_S;

export interface IncomingSurroundings {
  readonly hostName: string;
  readonly clock: Clock;
  readonly ownership: Ownership;
  readonly log: Logger;
  /** The host, when it is switched on and may take VMs. Throws HOST_NOT_ON. */
  readonly poweredHost: () => PoweredHost;
  /** A VM is ours from now on. */
  readonly arrived: (resident: ResidentVm) => void;
}

/** Serves one stream to its end. Never rejects for what a source, the network or the store can do; a bug is not theirs. */
export async function receiveMigration(around: IncomingSurroundings, stream: PageStream): Promise<void> {
  const mailbox = new Mailbox(around.clock, stream, (bytes) => ({
    frame: decodeSourceFrame(bytes),
    bytes,
  }));
  try {
    const first = await mailbox.next('the hello of a migration', SILENCE_LIMIT_NS);
    if (first.frame.kind !== 'hello')
      throw hostErrors.create('HOST_MIGRATION_BROKEN', { why: `${first.frame.kind} came first` });
    await new IncomingMigration(around, stream, first.frame.hello).run(mailbox);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    around.log.warn('a migration did not arrive', { peer: stream.peer, error });
  } finally {
    stream.close();
  }
}

interface Arrival {
  readonly frame: SourceFrame;
  /** What `frame` was read from, and may still refer to. */
  readonly bytes: Uint8Array;
}

class IncomingMigration {
  readonly #around: IncomingSurroundings;
  readonly #stream: PageStream;
  readonly #hello: Hello;

  constructor(around: IncomingSurroundings, stream: PageStream, hello: Hello) {
    this.#around = around;
    this.#stream = stream;
    this.#hello = hello;
  }

  async run(mailbox: Mailbox<Arrival>): Promise<void> {
    const admitted = await this.#admit();
    if (admitted === undefined) return;
    const { host, vm, from } = admitted;
    host.beginMigration();
    let ours = false;
    try {
      await this.#stream.send(encodeAccept(CREDIT_BYTES));
      const baggage = await this.#receive(host, vm, mailbox);
      ours = baggage !== undefined && (await this.#takeOver(host, vm, from, baggage));
    } finally {
      host.endMigration();
      if (!ours) await host.loop.atBoundary(() => host.discard(this.#hello.specification, vm));
    }
  }

  /** Memory for the VM, when we may have it; otherwise the source is told why not. */
  async #admit(): Promise<{ host: PoweredHost; vm: Vm; from: Owned } | undefined> {
    try {
      const from = await this.#sourceRecord();
      const host = this.#around.poweredHost();
      const vm = await host.loop.atBoundary(() => {
        this.#checkOn(host);
        this.#refuseSecondCopy(host);
        return host.reserve(this.#hello.specification);
      });
      return { host, vm, from };
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      await this.#stream.send(encodeRefuse(error.code, error.message));
      return undefined;
    }
  }

  /** The owner record must be the one that the source speaks of: it is what we are going to swap. */
  async #sourceRecord(): Promise<Owned> {
    const { owner, from, to, specification } = this.#hello;
    if (specification.vm !== owner.vm)
      throw hostErrors.create('HOST_MIGRATION_BROKEN', { why: `${specification.vm} is offered as ${owner.vm}` });
    const owned = await this.#around.ownership.read(owner.vm);
    const agrees = owned?.record.host === from && owned.record.epoch === owner.epoch;
    if (agrees && to === this.#around.hostName) return owned;
    const record = owned === undefined ? 'nothing' : `${owned.record.host} in epoch ${owned.record.epoch}`;
    throw hostErrors.create('HOST_NOT_OWNER', { host: from, vm: owner.vm, epoch: owner.epoch, record });
  }

  /** Nothing keeps the host on until we have memory, and nothing keeps it from ending after that. Throws HOST_NOT_ON. */
  #checkOn(host: PoweredHost): void {
    if (this.#around.poweredHost() !== host)
      throw hostErrors.create('HOST_NOT_ON', { host: this.#around.hostName, power: 'on again after standby' });
  }

  #refuseSecondCopy(host: PoweredHost): void {
    const present = host.residents.get(this.#hello.specification.vm);
    if (present === undefined) return;
    throw hostErrors.create('HOST_VM_EXISTS', {
      vm: present.name,
      host: this.#around.hostName,
      epoch: present.owner.epoch,
    });
  }

  /** Applies frames at boundaries and gives credit for them, until the VM is whole; undefined when it will not be. */
  async #receive(host: PoweredHost, vm: Vm, mailbox: Mailbox<Arrival>): Promise<Baggage | undefined> {
    const target = new PrecopyTarget(host.migrating(vm));
    for (;;) {
      const first = await mailbox.next('pages', SILENCE_LIMIT_NS);
      // What else comes in the same turn is applied with it, and credited with one frame.
      await this.#around.clock.sleep(0);
      const step = await host.loop.atBoundary(() => {
        let pages = 0;
        let bytes = 0;
        for (let arrival: Arrival | undefined = first; arrival !== undefined; arrival = mailbox.poll()) {
          const next = target.apply(arrival.frame);
          if (next.kind !== 'applied') {
            host.chargePages(pages);
            return { ...next, bytes };
          }
          pages += next.pages;
          bytes += arrival.bytes.byteLength;
          if (arrival.frame.kind === 'pages') this.#stream.recycle?.(arrival.bytes);
        }
        host.chargePages(pages);
        return { kind: 'applied' as const, bytes };
      });
      if (step.kind === 'verified') return step.baggage;
      if (step.kind === 'applied') await this.#stream.send(encodeCredit(step.bytes));
      if (step.kind === 'broken') await this.#stream.send(encodeFailed(step.why));
      if (step.kind === 'broken' || step.kind === 'cancelled') return undefined;
    }
  }

  /** The swap. While the store cannot tell, the source waits for the same record, and one of us gets it. */
  async #takeOver(host: PoweredHost, vm: Vm, from: Owned, baggage: Baggage): Promise<boolean> {
    this.#checkOn(host);
    const swap = () => this.#around.ownership.swap(from, this.#around.hostName);
    const outcome = await swapUntilKnown(this.#around, from, swap, SILENCE_LIMIT_NS);
    if (outcome.kind === 'lost') {
      const now = outcome.now?.record;
      await this.#stream.send(encodeFailed(`the owner record is at host ${now?.host} in epoch ${now?.epoch} already`));
      return false;
    }
    const owner = outcome.owned.record;
    const resumedAtNs = await host.loop.atBoundary(() => {
      const resident = host.adopt(this.#hello.specification, owner, vm, baggage);
      const now = this.#around.clock.now();
      vm.resume(now);
      host.loop.wake();
      this.#around.arrived(resident);
      return now;
    });
    await this.#announce(encodeSwapped({ owner, resumedAtNs }));
    return true;
  }

  /** The VM is ours whether the source hears it or not; when it does not, it reads the owner record. */
  async #announce(frame: Uint8Array): Promise<void> {
    try {
      await this.#stream.send(frame);
    } catch (error) {
      this.#around.log.warn('the source did not hear of the switch-over', { vm: this.#hello.owner.vm, error });
    }
  }
}
