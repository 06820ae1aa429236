// The receiving end of a pre-copy migration, as a state machine without I/O: it applies the source's frames to a VM that
// does not run yet, keeps the digest as pages arrive, and says when what it has is what the source had. Nothing that it receives is trusted.

import { MachineError } from '../machine/mod.ts';
import { Digest } from './digest.ts';
import type { MigratingVm } from './migrating-vm.ts';
import { type Baggage, badFrame, type SourceFrame } from './wire.ts';

export type TargetStep =
  /** Applied; the source may send as many bytes more. */
  | { readonly kind: 'applied'; readonly pages: number }
  /** Pages, state and digest agree: the owner may be swapped. */
  | { readonly kind: 'verified'; readonly baggage: Baggage }
  | { readonly kind: 'cancelled'; readonly why: string }
  | { readonly kind: 'broken'; readonly why: string };

export class PrecopyTarget {
  readonly #vm: MigratingVm;
  readonly #digest: Digest;

  constructor(vm: MigratingVm) {
    this.#vm = vm;
    this.#digest = new Digest(vm.pageCount);
  }

  /** Applies one frame. Throws MIGRATION_BAD_FRAME when it names a page that the VM has not. */
  apply(frame: SourceFrame): TargetStep {
    switch (frame.kind) {
      case 'hello':
        throw badFrame('HELLO comes once, at the beginning.');
      case 'round':
        return { kind: 'applied', pages: 0 };
      case 'zeros':
        for (const page of frame.pages) {
          this.#vm.drop(this.#checked(page));
          this.#digest.setZero(page);
        }
        return { kind: 'applied', pages: 0 };
      case 'pages':
        for (const { page, content } of frame.pages) {
          this.#vm.install(this.#checked(page), content);
          this.#digest.setPage(page, this.#vm.hash(page));
        }
        return { kind: 'applied', pages: frame.pages.length };
      case 'final':
        return this.#verify(frame.baggage, frame.digest, frame.state);
      case 'cancel':
        return { kind: 'cancelled', why: frame.why };
    }
  }

  #verify(baggage: Baggage, digest: Uint8Array, state: Uint8Array): TargetStep {
    const own = this.#digest.finish(state);
    if (!own.every((byte, index) => byte === digest[index])) {
      return { kind: 'broken', why: 'the digest of what arrived is not that of what was sent' };
    }
    try {
      this.#vm.loadState(state);
    } catch (error) {
      if (!(error instanceof MachineError)) throw error;
      return { kind: 'broken', why: error.message };
    }
    return { kind: 'verified', baggage };
  }

  #checked(page: number): number {
    if (page >= this.#vm.pageCount) {
      throw badFrame(`Page ${page} was sent for a VM of ${this.#vm.pageCount} pages.`);
    }
    return page;
  }
}
