// The control and status registers that a kernel in M-mode needs (RISC-V Privileged Architecture, chapter 3).
#pragma once

#include <stdint.h>

#define MSTATUS_MIE 8UL

#define MIE_MTIE (1UL << 7)
#define MIE_MEIE (1UL << 11)

#define MCAUSE_INTERRUPT (1UL << 63)
#define INTERRUPT_MACHINE_TIMER 7
#define INTERRUPT_MACHINE_EXTERNAL 11

static inline void interrupts_off(void) { __asm__ volatile("csrci mstatus, 8" ::: "memory"); }
static inline void interrupts_on(void) { __asm__ volatile("csrsi mstatus, 8" ::: "memory"); }
static inline void mie_set(uint64_t bits) { __asm__ volatile("csrs mie, %0" ::"r"(bits) : "memory"); }
static inline void wait_for_interrupt(void) { __asm__ volatile("wfi" ::: "memory"); }
