// Traps and interrupts of the device exerciser, which has its own in place of the kernel's.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Interrupts that reached machine mode, by source of the PLIC; [0] counts those of software and timer.
extern volatile uint32_t interrupts_seen[97];

void interrupts_start(void);
void interrupt_enable(uint32_t source);
void interrupt_disable(uint32_t source);

// Sleeps until the word is no longer what it was. Interrupts happen only in here.
void wait_for_change(const volatile uint32_t *word, uint32_t was);

// Does the access and answers mcause of the fault, or -1 when there was none.
int64_t fault_of_load(uintptr_t address, unsigned bytes);
int64_t fault_of_store(uintptr_t address, unsigned bytes);

// The UART's part in interrupts.
void uart_interrupt(void);
