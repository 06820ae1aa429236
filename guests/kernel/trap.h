// Traps: interrupts of the timer and the UART, and exceptions, which end the machine.
#pragma once

#include <stdint.h>

// Lets the timer and the UART interrupt from here on.
void trap_start(void);

// Called by trap_entry in start.S with mcause, mepc and mtval.
void trap_handle(uint64_t cause, uint64_t pc, uint64_t value);
