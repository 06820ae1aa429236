// The source's side of one live migration: drives PrecopySource over a page stream, and decides what becomes of the VM. Until FINAL is sent the
// VM is ours and any failure lets it run on here. After that only the owner record decides: either the target swapped it, or we
// take it back with the next epoch, which makes the target's swap impossible. There is no third state.

import type { Owned, Ownership } from '../../shared/cluster/mod.ts';
import {
  decodeTargetFrame,
  encodeCancel,
  encodeHello,
  PrecopySource,
  type Swapped,
  type TargetFrame,
  WIRE_VERSION,
} from '../../shared/migration/mod.ts';
import type { EventWriter, HostCommand, MigrationReport } from '../../shared/protocol/mod.ts';
import {
  type Clock,
  CodedError,
  hasCode,
  type Logger,
  type PageNetwork,
  type PageStream,
} from '../../shared/runtime/mod.ts';
import { hostErrors } from './errors.ts';
import { Mailbox } from './mailbox.ts';
import type { PoweredHost } from './powered-host.ts';
import type { ResidentVm } from './resident-vm.ts';
import { swapUntilKnown } from './swap-until-known.ts';

export type MigrateCommand = Extract<HostCommand, { kind: 'migrate' }>;

export interface MigrationSurroundings {
  readonly hostName: string;
  readonly clock: Clock;
  readonly pages: PageNetwork;
  readonly ownership: Ownership;
  readonly log: Logger;
  readonly events: EventWriter;
  /** Announces what the guest has printed; to be called at a boundary, before a VM leaves. */
  readonly announceConsole: (resident: ResidentVm) => void;
}

/** A migration whose last frame is in the queue. */
interface Sent {
  readonly stream: PageStream;
  readonly mailbox: Mailbox<TargetFrame>;
  readonly from: Owned;
}

type Ending = Pick<MigrationReport, 'outcome' | 'reason' | 'detail'>;

export class OutgoingMigration {
  readonly command: MigrateCommand;
  readonly #around: MigrationSurroundings;
  readonly #host: PoweredHost;
  readonly #resident: ResidentVm;
  readonly #beganNs: number;
  #source: PrecopySource | undefined;
  #mailbox: Mailbox<TargetFrame> | undefined;
  #cancelled: string | undefined;
  #isHandedOver = false;
  #queue: Uint8Array[] = [];
  #pausedNs: number | undefined;
  #resumedNs: number | undefined;

  constructor(around: MigrationSurroundings, host: PoweredHost, resident: ResidentVm, command: MigrateCommand) {
    this.command = command;
    this.#around = around;
    this.#host = host;
    this.#resident = resident;
    this.#beganNs = around.clock.now();
  }

  /** The last frame is queued: from now on the owner record decides. */
  get isHandedOver(): boolean {
    return this.#isHandedOver;
  }

  /** Takes effect at the next step; a migration that has sent its last frame can only be ended by the owner record. */
  cancel(why: string): void {
    this.#cancelled ??= why;
    this.#mailbox?.interrupt(why);
  }

  /** Never rejects for what can happen to a migration; the report says how it went. The VM is then either here, running, or gone. */
  async run(): Promise<MigrationReport> {
    const { events } = this.#around;
    const { migration, vm, to, why } = this.command;
    events.write({ kind: 'migration.started', migration, vm, from: this.#around.hostName, to, why });
    this.#host.beginMigration();
    const ending = await this.#migrate();
    this.#host.endMigration();
    const report = this.#report(ending);
    events.write({ kind: 'migration.ended', report });
    return report;
  }

  async #migrate(): Promise<Ending> {
    const sent = await this.#sendAll();
    if ('outcome' in sent) return sent;
    try {
      return await this.#handOver(sent);
    } finally {
      sent.stream.close();
    }
  }

  /** Everything up to the last frame, which is queued. Whatever fails before it lets the VM run on here. */
  async #sendAll(): Promise<Sent | Ending> {
    let stream: PageStream | undefined;
    try {
      const from = await this.#ownRecord();
      stream = await this.#around.pages.connect(this.command.pageAddress, this.command.limits.waitLimitNs);
      const mailbox = new Mailbox(this.#around.clock, stream, decodeTargetFrame);
      this.#mailbox = mailbox;
      await this.#offer(stream, mailbox, from);
      await this.#copy(stream, mailbox);
      await this.#lastInstructionPassed();
      await this.#host.loop.atBoundary(() => {
        this.#throwIfCancelled();
        this.#source!.finish(this.#resident.baggage());
        this.#isHandedOver = true;
      });
      return { stream, mailbox, from };
    } catch (error) {
      await this.#keepHere(stream, error);
      stream?.close();
      if (!(error instanceof CodedError)) throw error;
      return this.#failure(error);
    }
  }

  /** The record that the target has to swap, as it stands: it must be ours. */
  async #ownRecord(): Promise<Owned> {
    const owned = await this.#around.ownership.read(this.command.vm);
    const { host, epoch } = this.#resident.owner;
    if (owned === undefined || owned.record.host !== host || owned.record.epoch !== epoch) {
      const record = owned === undefined ? 'nothing' : `${owned.record.host} in epoch ${owned.record.epoch}`;
      throw hostErrors.create('HOST_NOT_OWNER', { host, vm: this.command.vm, epoch, record });
    }
    return owned;
  }

  async #offer(stream: PageStream, mailbox: Mailbox<TargetFrame>, from: Owned): Promise<void> {
    const { migration, to, limits } = this.command;
    const { specification } = this.#resident;
    await stream.send(
      encodeHello({
        version: WIRE_VERSION,
        migration,
        from: this.#around.hostName,
        to,
        owner: from.record,
        specification,
      }),
    );
    const answer = await mailbox.next(`the answer of host ${to}`, limits.waitLimitNs);
    if (answer.kind === 'refuse') {
      throw hostErrors.create('HOST_MIGRATION_REFUSED', { to, code: answer.code, message: answer.message });
    }
    if (answer.kind !== 'accept') throw broken(`host ${to} answered the offer with ${answer.kind}`);
    this.#source = await this.#host.loop.atBoundary(() => {
      const vm = this.#host.migrating(this.#resident.vm);
      return new PrecopySource(vm, limits, answer.creditBytes, this.#around.clock.now(), (frame) =>
        this.#queue.push(frame),
      );
    });
  }

  /** Rounds, until the VM is paused and all its pages are on the way. */
  async #copy(stream: PageStream, mailbox: Mailbox<TargetFrame>): Promise<void> {
    const { events } = this.#around;
    const { migration, limits } = this.command;
    const source = this.#source!;
    for (;;) {
      this.#throwIfCancelled();
      const step = await this.#host.loop.atBoundary(() => this.#pump(source));
      await this.#flush(stream);
      if (step.kind !== 'wait') events.write({ kind: 'migration.round', migration, ...step.round });
      if (step.kind === 'abort')
        throw hostErrors.create('HOST_MIGRATION_ABORTED', { reason: step.reason, detail: step.detail });
      if (source.drained) return;
      if (step.kind === 'wait') takeCredit(source, await mailbox.next('room at the destination', limits.waitLimitNs));
      for (let frame = mailbox.poll(); frame !== undefined; frame = mailbox.poll()) takeCredit(source, frame);
    }
  }

  /** At a boundary: sends pages; when the remaining ones fit the downtime limit, stops the VM in the same moment. */
  #pump(source: PrecopySource): ReturnType<PrecopySource['pump']> {
    if (this.#resident.state === 'stopped') throw hostErrors.create('HOST_VM_ENDED_LEAVING', { vm: this.command.vm });
    const now = this.#around.clock.now();
    const sentBefore = source.totals.pages;
    const step = source.pump(now);
    if (step.kind === 'stop') {
      this.#resident.vm.pause();
      this.#pausedNs = now;
      this.#around.announceConsole(this.#resident);
      source.stopped(now);
      source.pump(now);
    }
    this.#host.chargePages(source.totals.pages - sentBefore);
    return step;
  }

  /** The last frame, the answer to it, and, when there is none, the owner record. From here on nothing but the record says whose the VM is. */
  async #handOver({ stream, mailbox, from }: Sent): Promise<Ending> {
    let detail = this.command.why;
    try {
      await this.#flush(stream);
      const swapped = await this.#awaitSwapped(mailbox);
      this.#resumedNs = swapped.resumedAtNs;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      const outcome = await this.#takeBack(from);
      if (outcome === 'ours') return this.#failure(error);
      detail = `learned from the owner record (${error.message})`;
      this.#resumedNs = this.#around.clock.now();
    }
    await this.#host.loop.atBoundary(() => this.#host.discard(this.#resident.specification, this.#resident.vm));
    return { outcome: 'completed', reason: 'downtime-limit', detail };
  }

  /** Live, a quantum may be done before its time has come. The guest's clock must not go back when it resumes elsewhere. */
  async #lastInstructionPassed(): Promise<void> {
    const { clock } = this.#around;
    const leftNs = Math.ceil(this.#resident.vm.ranUntilNs) - clock.now();
    if (leftNs > 0) await clock.sleep(leftNs);
  }

  async #awaitSwapped(mailbox: Mailbox<TargetFrame>): Promise<Swapped> {
    for (;;) {
      const frame = await mailbox.next('the switch-over', this.command.limits.waitLimitNs);
      if (frame.kind === 'swapped') return frame.swapped;
      if (frame.kind !== 'credit') throw broken(frame.kind === 'failed' ? frame.why : `an unexpected ${frame.kind}`);
    }
  }

  /** Asks the store until it knows: the VM is ours again under the next epoch, or the target's. It stays paused meanwhile. */
  async #takeBack(from: Owned): Promise<'ours' | 'theirs'> {
    const reclaim = () => this.#around.ownership.reclaim(from);
    const outcome = await swapUntilKnown(this.#around, from, reclaim, this.command.limits.waitLimitNs);
    if (outcome.kind === 'lost') return 'theirs';
    await this.#resume(() => {
      this.#resident.owner = outcome.owned.record;
    });
    return 'ours';
  }

  /** Before FINAL: nobody else can have the VM, so it simply runs on, and at once, whatever becomes of the stream. */
  async #keepHere(stream: PageStream | undefined, error: unknown): Promise<void> {
    this.#queue = [];
    if (this.#pausedNs !== undefined) await this.#resume(() => undefined);
    // The stream may be what broke; then the target learns the end from its closing.
    await stream?.send(encodeCancel((error as Error).message)).catch((cause: unknown) => {
      if (!hasCode(cause, 'RUNTIME_CLOSED', 'RUNTIME_TIMEOUT')) throw cause;
    });
  }

  async #resume(first: () => void): Promise<void> {
    await this.#host.loop.atBoundary(() => {
      first();
      if (this.#resident.state === 'paused') this.#resident.vm.resume(this.#around.clock.now());
      this.#resumedNs = this.#around.clock.now();
      this.#host.loop.wake();
    });
  }

  async #flush(stream: PageStream): Promise<void> {
    const frames = this.#queue;
    this.#queue = [];
    for (const frame of frames) {
      await stream.send(frame);
      this.#source?.recycle(frame);
    }
  }

  #throwIfCancelled(): void {
    if (this.#cancelled !== undefined) throw hostErrors.create('HOST_MIGRATION_CANCELLED', { why: this.#cancelled });
  }

  #failure(error: unknown): Ending {
    const detail = (error as Error).message;
    if (this.#cancelled !== undefined) return { outcome: 'cancelled', reason: 'cancelled', detail: this.#cancelled };
    if (hasCode(error, 'HOST_MIGRATION_ABORTED')) {
      return { outcome: 'failed', reason: error.parameters['reason'] as MigrationReport['reason'], detail };
    }
    return { outcome: 'failed', reason: 'error', detail };
  }

  #report(ending: Ending): MigrationReport {
    const nothing = { rounds: 0, pages: 0, zeroPages: 0, bytes: 0, pageBytes: 0, stateBytes: 0 };
    const downtimeNs = this.#pausedNs === undefined ? 0 : (this.#resumedNs ?? this.#pausedNs) - this.#pausedNs;
    return {
      migration: this.command.migration,
      vm: this.command.vm,
      from: this.#around.hostName,
      to: this.command.to,
      epoch: this.#resident.owner.epoch + (ending.outcome === 'completed' ? 1 : 0),
      ...ending,
      ...(this.#source?.totals ?? nothing),
      downtimeNs,
      totalNs: this.#around.clock.now() - this.#beganNs,
    };
  }
}

function takeCredit(source: PrecopySource, frame: TargetFrame): void {
  if (frame.kind === 'credit') source.credit(frame.bytes);
  else throw broken(frame.kind === 'failed' ? frame.why : `an unexpected ${frame.kind}`);
}

function broken(why: string): Error {
  return hostErrors.create('HOST_MIGRATION_BROKEN', { why });
}
