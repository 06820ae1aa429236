// What the API does for operators. It decides nothing: wishes are written to the store, moves and power are asked of the scheduler, typing of
// the host that owns the VM.

import { compareNames, nearestName } from '../../shared/cluster/mod.ts';
import {
  type Answer,
  answerCodec,
  BUCKET_OWNERS,
  BUCKET_VMS,
  type HostCommand,
  hostCommandCodec,
  type OwnerRecord,
  ownerRecordCodec,
  type SchedulerCommand,
  schedulerCommandCodec,
  subjects,
  type VmSpecification,
  vmSpecificationCodec,
} from '../../shared/protocol/mod.ts';
import { hasCode, NS_PER_S } from '../../shared/runtime/mod.ts';
import type { ClusterMirror, MirrorPorts } from './cluster-mirror.ts';
import { apiErrors, Refusal } from './errors.ts';

/** Chosen: a host answers within a quantum and a round trip; the scheduler may ask a host three times (its ASK_LIMIT_NS). */
const HOST_LIMIT_NS = 5 * NS_PER_S;
const SCHEDULER_LIMIT_NS = 12 * NS_PER_S;
/** Chosen: more names than this do not help anybody who mistyped one. */
const NAMES_SHOWN_MAX = 12;

export class Operations {
  readonly #ports: MirrorPorts;
  readonly #mirror: ClusterMirror;
  #inputs = 0;

  constructor(ports: MirrorPorts, mirror: ClusterMirror) {
    this.#ports = ports;
    this.#mirror = mirror;
  }

  async createVm(specification: VmSpecification): Promise<void> {
    const { vm, pinnedTo } = specification;
    if (pinnedTo !== undefined) this.#requireHost(pinnedTo);
    const bucket = await this.#ports.store.bucket(BUCKET_VMS);
    if ((await bucket.get(vm)) !== undefined) throw apiErrors.create('API_VM_EXISTS', { vm });
    // Its specification is gone, yet a host still runs it: the new one must not be taken for the old.
    if ((await this.#owner(vm)) !== undefined) throw apiErrors.create('API_VM_ENDING', { vm });
    try {
      await bucket.create(vm, vmSpecificationCodec.encode(specification));
    } catch (error) {
      if (hasCode(error, 'RUNTIME_CONFLICT')) throw apiErrors.create('API_VM_EXISTS', { vm }, error);
      throw error;
    }
  }

  /** The scheduler stops it at its next look. */
  async removeVm(vm: string): Promise<void> {
    await this.#specification(vm);
    await (await this.#ports.store.bucket(BUCKET_VMS)).delete(vm);
  }

  /** Ends it and keeps what it was: it can be started again. */
  async stopVm(vm: string): Promise<void> {
    await this.#askOwner(vm, { kind: 'stop', vm });
  }

  /** A VM that has stopped starts anew when its specification is written again. */
  async startVm(vm: string): Promise<void> {
    const specification = await this.#specification(vm);
    const phase = this.#phase(vm);
    if (phase !== 'stopped') throw apiErrors.create('API_VM_NOT_STOPPED', { vm, phase });
    await (await this.#ports.store.bucket(BUCKET_VMS)).put(vm, vmSpecificationCodec.encode(specification));
  }

  /** The name of the migration; null when the VM is there already. */
  async migrateVm(vm: string, to: string | undefined, why: string): Promise<string | null> {
    await this.#specification(vm);
    if (to !== undefined) this.#requireHost(to);
    const wish = { kind: 'migrate' as const, vm, why, ...(to === undefined ? {} : { to }) };
    return (await this.#askScheduler(wish)) ?? null;
  }

  async typeTo(vm: string, text: string, input = this.#nextInput()): Promise<void> {
    await this.#askOwner(vm, { kind: 'type', vm, input, text });
  }

  async switchHost(host: string, kind: 'standby' | 'wake', why: string): Promise<void> {
    this.#requireHost(host);
    await this.#askScheduler({ kind, host, why });
  }

  async cancelMigration(migration: string): Promise<void> {
    await this.#askScheduler({ kind: 'cancel', migration });
  }

  // ---- plumbing ----

  async #askOwner(vm: string, command: HostCommand): Promise<void> {
    await this.#specification(vm);
    const owner = await this.#owner(vm);
    if (owner === undefined) throw apiErrors.create('API_VM_HAS_NO_HOST', { vm, phase: this.#phase(vm) });
    await this.#ask(subjects.hostCommand(owner.host), hostCommandCodec.encode(command), HOST_LIMIT_NS);
  }

  #askScheduler(command: SchedulerCommand): Promise<string | undefined> {
    return this.#ask(subjects.schedulerCommand, schedulerCommandCodec.encode(command), SCHEDULER_LIMIT_NS);
  }

  async #ask(subject: string, payload: Uint8Array, limitNs: number): Promise<string | undefined> {
    const answer: Answer = answerCodec.decode(await this.#ports.transport.request(subject, payload, limitNs));
    if (!answer.ok) throw new Refusal(answer.code, answer.message);
    return answer.result;
  }

  async #specification(vm: string): Promise<VmSpecification> {
    const bucket = await this.#ports.store.bucket(BUCKET_VMS);
    const entry = await bucket.get(vm);
    if (entry !== undefined) return vmSpecificationCodec.decode(entry.value);
    const names = (await bucket.entries()).map(({ key }) => key);
    throw apiErrors.create('API_NO_VM', { vm, known: known(vm, names) });
  }

  async #owner(vm: string): Promise<OwnerRecord | undefined> {
    const entry = await (await this.#ports.store.bucket(BUCKET_OWNERS)).get(vm);
    const owner = entry === undefined ? undefined : ownerRecordCodec.decode(entry.value);
    return owner?.released === true ? undefined : owner;
  }

  #phase(vm: string): string {
    return this.#mirror.vms().find((view) => view.vm === vm)?.phase ?? 'pending';
  }

  #requireHost(host: string): void {
    const names = this.#mirror.hosts().map((view) => view.host);
    if (!names.includes(host)) throw apiErrors.create('API_NO_HOST', { host, known: known(host, names) });
  }

  /** Unique over restarts of the API as well. */
  #nextInput(): string {
    this.#inputs += 1;
    return `api-${this.#ports.clock.now()}-${this.#inputs}`;
  }
}

/** What there is instead. */
function known(name: string, names: readonly string[]): string {
  if (names.length === 0) return 'there are none';
  const nearest = nearestName(name, names);
  const sorted = [...names].sort(compareNames);
  const shown = sorted.slice(0, NAMES_SHOWN_MAX).join(', ');
  const rest = sorted.length > NAMES_SHOWN_MAX ? ` and ${sorted.length - NAMES_SHOWN_MAX} more` : '';
  const all = `there are: ${shown}${rest}`;
  return nearest === undefined ? all : `did you mean ${nearest}? ${all[0]!.toUpperCase()}${all.slice(1)}`;
}
