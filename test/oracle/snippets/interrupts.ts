// Interrupts that M mode takes itself: software interrupts by mip and by the CLINT's register, the timer by a compare value in the past.
// Each is made pending with interrupts off and then let in, or made pending while they are on, so that the trap comes right after the
// store or the CSR write. One at a time (see csr-table.ts).

import { CSR, MSTATUS } from '../csr-table.ts';
import { CLINT_MSIP, CLINT_MTIMECMP } from '../layout.ts';
import { emitArithmetic } from './arithmetic.ts';
import { setCsr, WFI } from './modes.ts';
import { type SnippetContext, T0, T1 } from './snippet.ts';

const MSIP = 0x8n;
const MTIP = 0x80n;

export const interruptsSnippet = ({ asm, random, handlers }: SnippetContext): void => {
  const bit = random.pick([0x2n, 0x20n, 0x200n, MSIP, MTIP]);
  setCsr(asm, CSR.mie, 0n);
  setCsr(asm, CSR.mip, 0n);
  setCsr(asm, CSR.mideleg, random.chance(0.3) ? bit & 0x222n : 0n);
  const vectored = random.chance(0.5);
  asm.address(T0, vectored ? handlers.machineVectors : handlers.machine, vectored ? 1 : 0);
  asm.csr(1, 0, CSR.mtvec, T0);

  const trigger = (): void => {
    if (bit === MSIP) {
      asm.constant(T0, BigInt(CLINT_MSIP));
      asm.constant(T1, 1n);
      asm.store('sw', 2, T1, T0, 0);
    } else if (bit === MTIP) {
      asm.constant(T0, BigInt(CLINT_MTIMECMP));
      asm.store('sd', 3, 0, T0, 0);
    } else {
      asm.constant(T0, bit);
      asm.csr(2, 0, CSR.mip, T0);
    }
  };
  const enable = (): void => asm.csr(6, 0, CSR.mstatus, Number(MSTATUS.MIE));
  // Taken away from S mode while pending and on, it comes to M mode at once.
  const reclaim = (): void => {
    setCsr(asm, CSR.mideleg, 0n);
  };
  const select = (): void => setCsr(asm, CSR.mie, bit);
  const filler = (): void => {
    for (let count = random.below(4); count > 0; count--) emitArithmetic(asm, random, [T0, T1]);
  };
  const waits = random.chance(0.3);
  let enabled = false;
  for (const step of random.pick([
    [trigger, select, enable],
    [select, enable, trigger],
    [enable, trigger, select],
    [enable, select, trigger],
    [trigger, select],
    [select, enable, trigger, reclaim],
    [enable, trigger, select, reclaim],
  ])) {
    step();
    filler();
    enabled ||= step === enable;
    // What is pending and selected wakes WFI even while interrupts are off. (While they are on, the handler would have taken it.)
    if (waits && step === select && !enabled) {
      trigger();
      asm.system('wfi', WFI);
    }
  }
  asm.csr(2, 10, CSR.mip, 0);
  asm.csr(7, 0, CSR.mstatus, Number(MSTATUS.MIE));
  setCsr(asm, CSR.mie, 0n);
  setCsr(asm, CSR.mip, 0n);
  asm.constant(T0, BigInt(CLINT_MSIP));
  asm.store('sw', 2, 0, T0, 0);
  asm.constant(T0, BigInt(CLINT_MTIMECMP));
  asm.constant(T1, -1n);
  asm.store('sd', 3, T1, T0, 0);
  asm.csr(2, 11, CSR.mip, 0);
};
