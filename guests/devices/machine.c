// Traps and interrupts: each external interrupt is claimed, given to its device and completed; a fault that was asked
// for is noted and skipped; any other exception ends the machine.
#include "machine.h"

#include "board.h"
#include "csr.h"
#include "print.h"
#include "virtio.h"

#define PLIC_PRIORITY(source) (PLIC_ADDRESS + 4UL * (source))
#define PLIC_ENABLE(source) (PLIC_ADDRESS + 0x2000 + 4UL * ((source) / 32))
#define PLIC_THRESHOLD (PLIC_ADDRESS + 0x200000)
#define PLIC_CLAIM (PLIC_ADDRESS + 0x200004)

#define MIE_MSIE (1UL << 3)
#define INTERRUPT_MACHINE_SOFTWARE 3
#define CLINT_MSIP CLINT_ADDRESS
#define CLINT_MTIMECMP (CLINT_ADDRESS + 0x4000)
#define EXIT_EXCEPTION 3

volatile uint32_t interrupts_seen[97];

static volatile bool fault_is_expected;
static volatile int64_t fault_cause;

void kernel_boot(uint64_t device_tree_address);
void trap_handle(uint64_t cause, uint64_t pc, uint64_t value);

void interrupts_start(void) {
  write64(CLINT_MTIMECMP, ~0UL);
  write32(PLIC_THRESHOLD, 0);
  mie_set(MIE_MSIE | MIE_MTIE | MIE_MEIE);
}

void interrupt_enable(uint32_t source) {
  write32(PLIC_PRIORITY(source), 1);
  write32(PLIC_ENABLE(source), read32(PLIC_ENABLE(source)) | 1U << source % 32);
}

void interrupt_disable(uint32_t source) {
  write32(PLIC_ENABLE(source), read32(PLIC_ENABLE(source)) & ~(1U << source % 32));
}

void wait_for_change(const volatile uint32_t *word, uint32_t was) {
  while (*word == was) {
    wait_for_interrupt();
    interrupts_on();
    interrupts_off();
  }
}

static void external_interrupt(void) {
  for (uint32_t source; (source = read32(PLIC_CLAIM)) != 0;) {
    interrupts_seen[source] = interrupts_seen[source] + 1;
    if (source == UART_SOURCE) uart_interrupt();
    else virtio_interrupt(source);
    write32(PLIC_CLAIM, source);
  }
}

void trap_handle(uint64_t cause, uint64_t pc, uint64_t value) {
  if (cause == (MCAUSE_INTERRUPT | INTERRUPT_MACHINE_EXTERNAL)) {
    external_interrupt();
  } else if (cause == (MCAUSE_INTERRUPT | INTERRUPT_MACHINE_SOFTWARE)) {
    write32(CLINT_MSIP, 0);
    interrupts_seen[0] = interrupts_seen[0] + 1;
  } else if (cause == (MCAUSE_INTERRUPT | INTERRUPT_MACHINE_TIMER)) {
    write64(CLINT_MTIMECMP, ~0UL);
    interrupts_seen[0] = interrupts_seen[0] + 1;
  } else if (fault_is_expected) {
    fault_cause = (int64_t)cause;
    __asm__ volatile("csrw mepc, %0" ::"r"(pc + 4));  // the accesses below are four bytes long
  } else {
    print("panic: cause=0x%lx pc=0x%lx value=0x%lx\n", cause, pc, value);
    write32(FINISHER_ADDRESS, EXIT_EXCEPTION << 16 | 0x3333);
  }
}

#define ACCESS(instruction) \
  __asm__ volatile(".option push\n.option norvc\n" instruction "\n.option pop" ::"r"(address) : "t0", "memory")

static void access(uintptr_t address, unsigned bytes, bool is_store) {
  switch (bytes * 2 + is_store) {
    case 2: ACCESS("lbu t0, 0(%0)"); break;
    case 3: ACCESS("sb zero, 0(%0)"); break;
    case 4: ACCESS("lhu t0, 0(%0)"); break;
    case 5: ACCESS("sh zero, 0(%0)"); break;
    case 8: ACCESS("lwu t0, 0(%0)"); break;
    case 9: ACCESS("sw zero, 0(%0)"); break;
    case 16: ACCESS("ld t0, 0(%0)"); break;
    case 17: ACCESS("sd zero, 0(%0)"); break;
  }
}

static int64_t fault_of(uintptr_t address, unsigned bytes, bool is_store) {
  fault_cause = -1;
  fault_is_expected = true;
  access(address, bytes, is_store);
  fault_is_expected = false;
  return fault_cause;
}

int64_t fault_of_load(uintptr_t address, unsigned bytes) { return fault_of(address, bytes, false); }
int64_t fault_of_store(uintptr_t address, unsigned bytes) { return fault_of(address, bytes, true); }
