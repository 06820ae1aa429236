// Traps: the timer sets a flag, the UART's interrupt comes through the PLIC, and any exception is a bug of the guest (or
// of the machine), which ends it with a line that says where.
#include "trap.h"

#include "board.h"
#include "csr.h"
#include "power.h"
#include "print.h"
#include "timer.h"
#include "uart.h"

#define PLIC_PRIORITY(source) (PLIC_ADDRESS + 4UL * (source))
#define PLIC_ENABLE(context) (PLIC_ADDRESS + 0x2000 + 0x80UL * (context))
#define PLIC_THRESHOLD(context) (PLIC_ADDRESS + 0x200000 + 0x1000UL * (context))
#define PLIC_CLAIM(context) (PLIC_ADDRESS + 0x200004 + 0x1000UL * (context))

#define EXIT_EXCEPTION 3

void trap_start(void) {
  write32(PLIC_PRIORITY(UART_SOURCE), 1);
  write32(PLIC_ENABLE(PLIC_CONTEXT), 1U << UART_SOURCE);
  write32(PLIC_THRESHOLD(PLIC_CONTEXT), 0);
  mie_set(MIE_MTIE | MIE_MEIE);
  interrupts_on();
}

void trap_handle(uint64_t cause, uint64_t pc, uint64_t value) {
  if (cause == (MCAUSE_INTERRUPT | INTERRUPT_MACHINE_TIMER)) {
    timer_interrupt();
    return;
  }
  if (cause == (MCAUSE_INTERRUPT | INTERRUPT_MACHINE_EXTERNAL)) {
    for (uint32_t source; (source = read32(PLIC_CLAIM(PLIC_CONTEXT))) != 0;) {
      if (source == UART_SOURCE) uart_interrupt();
      write32(PLIC_CLAIM(PLIC_CONTEXT), source);
    }
    return;
  }
  uart_polled_only();
  print("panic: cause=0x%lx pc=0x%lx value=0x%lx\n", cause, pc, value);
  power_off_fail(EXIT_EXCEPTION);
}
