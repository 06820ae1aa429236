// The CLINT's timer. Waiting is WFI with interrupts masked: a pending interrupt ends it whether masked or not, so an
// interrupt between the last look and the WFI cannot be missed (Privileged Architecture, section 3.3.3).
#include "timer.h"

#include "board.h"
#include "csr.h"
#include "uart.h"

#define CLINT_MTIMECMP (CLINT_ADDRESS + 0x4000)
#define CLINT_MTIME (CLINT_ADDRESS + 0xbff8)

uint64_t ticks_per_second = TIMEBASE_HZ_DEFAULT;

static volatile bool fired;

uint64_t timer_now(void) { return read64(CLINT_MTIME); }

void timer_arm(uint64_t deadline) {
  interrupts_off();
  fired = false;
  write64(CLINT_MTIMECMP, deadline);
  interrupts_on();
}

bool timer_fired(void) { return fired; }

void timer_interrupt(void) {
  fired = true;
  write64(CLINT_MTIMECMP, TICKS_NEVER);
}

void timer_wait(uint64_t deadline) {
  timer_arm(deadline);
  for (bool waiting = true; waiting;) {
    interrupts_off();
    waiting = !fired && !uart_has_input();
    if (waiting) wait_for_interrupt();
    interrupts_on();
  }
}
