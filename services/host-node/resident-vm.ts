// A VM that is on this host: the emulated machine and what the host node keeps beside it. All of it that matters goes with the VM when
// it migrates (`baggage`).

import type { Baggage } from '../../shared/migration/mod.ts';
import type { OwnerRecord, VmSpecification, VmState, VmTelemetry } from '../../shared/protocol/mod.ts';
import { RunState, type Vm, type VmAccounting } from '../../shared/vmm/mod.ts';
import { ConsoleLines } from './console-lines.ts';

/** Chosen: a sender that repeats an input does so at once, not after sixteen others. */
const RECENT_INPUTS_MAX = 16;

/** The UART and the virtio console. */
const CONSOLES = 2;

const STATES: Record<RunState, VmState> = {
  [RunState.paused]: 'paused',
  [RunState.running]: 'running',
  [RunState.stopped]: 'stopped',
};

const NOTHING_YET: VmAccounting = { instructions: 0, runNs: 0, stealNs: 0, dirtiedPages: 0 };

export class ResidentVm {
  readonly specification: VmSpecification;
  readonly vm: Vm;
  owner: OwnerRecord;
  /** Name of the migration that is taking it away. */
  leaving: string | undefined;
  /** One for each console of the board. */
  readonly #lines: readonly ConsoleLines[];
  #recentInputs: readonly string[];
  readonly #instructionsBefore: number;
  #reported = NOTHING_YET;
  /** Counted when so many pages had been written: only a first write makes a page present. */
  #resident = { dirtiedPages: -1, pages: 0 };

  constructor(specification: VmSpecification, owner: OwnerRecord, vm: Vm, baggage?: Baggage) {
    this.specification = specification;
    this.owner = owner;
    this.vm = vm;
    this.#lines = Array.from({ length: CONSOLES }, (_, console) => new ConsoleLines(baggage?.consoleTails[console]));
    this.#recentInputs = baggage?.recentInputs ?? [];
    this.#instructionsBefore = baggage?.instructions ?? 0;
  }

  get name(): string {
    return this.specification.vm;
  }

  get state(): VmState {
    return STATES[this.vm.runState];
  }

  /** Instructions since power-on, on whatever hosts. */
  get instructions(): number {
    return this.#instructionsBefore + this.vm.accounting.instructions;
  }

  /** Lines that the guest completed since the last call. */
  takeConsoleLines(): string[] {
    return this.#lines.flatMap((lines, console) => lines.push(this.vm.readConsole(console)));
  }

  /** False when there is no room; then nothing was typed. Typing the same input twice types it once. */
  type(input: string, text: Uint8Array): boolean {
    if (this.#recentInputs.includes(input)) return true;
    if (this.vm.machine.consoleInputSpace < text.byteLength) return false;
    this.vm.machine.writeConsole(text);
    this.#recentInputs = [...this.#recentInputs, input].slice(-RECENT_INPUTS_MAX);
    return true;
  }

  baggage(): Baggage {
    const consoleTails = this.#lines.map(({ tail }) => tail);
    return { consoleTails, recentInputs: [...this.#recentInputs], instructions: this.instructions };
  }

  /** What it did since the last call. */
  takeTelemetry(): VmTelemetry {
    const now = this.vm.accounting;
    const before = this.#reported;
    this.#reported = now;
    return {
      vm: this.name,
      epoch: this.owner.epoch,
      state: this.state,
      memoryBytes: this.specification.memoryBytes,
      instructions: now.instructions - before.instructions,
      runNs: now.runNs - before.runNs,
      stealNs: now.stealNs - before.stealNs,
      residentPages: this.#residentPages(now.dirtiedPages),
      dirtiedPages: now.dirtiedPages - before.dirtiedPages,
    };
  }

  /** Counting goes over all pages of the VM, so a VM that has written none since is not counted again. */
  #residentPages(dirtiedPages: number): number {
    if (this.#resident.dirtiedPages !== dirtiedPages) {
      this.#resident = { dirtiedPages, pages: this.vm.pages.residentPages() };
    }
    return this.#resident.pages;
  }
}
