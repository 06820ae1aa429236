// Environment calls, trap returns, WFI and SFENCE.VMA (Privileged Architecture, section 3.3 and chapter on supervisor mode). Their effect lies in
// CSRs and privilege, so each is an event for the slow path. `illegal` stands for every word that is no instruction.

import { exact } from './encoding.ts';
import type { Instruction, SystemEvent } from './instruction.ts';

const ALL_BITS = 0xffffffff;
const SFENCE_MASK = 0xfe007fff;

function event(name: SystemEvent, match: number, mask: number): Instruction {
  return exact(name, match, mask, 'system', (e) => e.system(name));
}

export const privileged: readonly Instruction[] = [
  event('ecall', 0x00000073, ALL_BITS),
  event('ebreak', 0x00100073, ALL_BITS),
  event('sret', 0x10200073, ALL_BITS),
  event('mret', 0x30200073, ALL_BITS),
  event('wfi', 0x10500073, ALL_BITS),
  event('sfence.vma', 0x12000073, SFENCE_MASK),
];

/** Its mask and match are for no word: the decoder uses it when nothing else fits. */
export const illegal: Instruction = event('illegal', 1, 0);
