// Exercises every device of the board, with interrupts, and says what it saw. The lines are the same on QEMU's board
// and on ours, or one of them is wrong; test/devices-against-qemu.test.ts compares them. It has traps of its own and no
// console commands.
#include <stddef.h>

#include "block.h"
#include "board.h"
#include "csr.h"
#include "machine.h"
#include "print.h"
#include "uart-exercise.h"
#include "virtio-console.h"
#include "virtio.h"

#define CLINT_MSIP CLINT_ADDRESS
#define CLINT_MTIMECMP (CLINT_ADDRESS + 0x4000)
#define CLINT_MTIME (CLINT_ADDRESS + 0xbff8)
#define TICKS_PER_MS 10000

void kernel_boot(uint64_t device_tree_address);

static uint64_t mip(void) {
  uint64_t value;
  __asm__ volatile("csrr %0, mip" : "=r"(value));
  return value;
}

static void exercise_clint(void) {
  print("mip at start %lx\n", mip());
  interrupts_start();
  print("mip without a timer %lx\n", mip());
  uint32_t had = interrupts_seen[0];
  write32(CLINT_MSIP, 1);
  print("mip with msip %lx\n", mip());
  wait_for_change(&interrupts_seen[0], had);
  print("software interrupt; msip %x\n", read32(CLINT_MSIP));
  uint64_t due = read64(CLINT_MTIME) + TICKS_PER_MS;
  write64(CLINT_MTIMECMP, due);
  wait_for_change(&interrupts_seen[0], had + 1);
  print("timer interrupt %s\n", read64(CLINT_MTIME) >= due ? "in time" : "too early");
  write32(CLINT_MTIMECMP + 4, 0);
  write32(CLINT_MTIMECMP, 1);
  print("mip with a timer of the past %lx\n", mip() & 0x80);
  write64(CLINT_MTIMECMP, ~0UL);
  write64(CLINT_MTIME, 0x100000000UL);
  print("mtime set, high half %x\n", read32(CLINT_MTIME + 4));
}

// The supervisor's context of the PLIC, seen from machine mode: SEIP in mip, and a claim.
static void exercise_supervisor_context(void) {
  write32(PLIC_ADDRESS + 4 * UART_SOURCE, 3);
  write32(PLIC_ADDRESS + 0x2080, 1U << UART_SOURCE);
  write8(UART_ADDRESS + 1, 2);
  print("mip with a source for the supervisor %lx\n", mip());
  write32(PLIC_ADDRESS + 0x201000, 3);
  print("mip at its threshold %lx\n", mip());
  write32(PLIC_ADDRESS + 0x201000, 0);
  uint32_t source = read32(PLIC_ADDRESS + 0x201004);
  print("claimed %u, then mip %lx\n", source, mip());
  write8(UART_ADDRESS + 1, 0);
  write32(PLIC_ADDRESS + 0x201004, source);
  write32(PLIC_ADDRESS + 0x2080, 0);
}

static void exercise_faults(void) {
  static const struct {
    const char *name;
    uintptr_t address;
  } places[] = {
      {"nothing", 0x00200000}, {"finisher", FINISHER_ADDRESS + 8}, {"clint", CLINT_ADDRESS + 0xbff8},
      {"plic", PLIC_ADDRESS + 8}, {"uart", UART_ADDRESS},       {"behind the uart", UART_ADDRESS + 8},
      {"virtio", VIRTIO_ADDRESS(2)}, {"behind virtio", VIRTIO_ADDRESS(2) + 0x200},
  };
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    print("faults at %s:", places[i].name);
    for (unsigned bytes = 1; bytes <= 8; bytes *= 2) {
      print(" %ld", fault_of_load(places[i].address, bytes));
      // Bytes at the UART's data register would be output.
      if (places[i].address != UART_ADDRESS) print("/%ld", fault_of_store(places[i].address, bytes));
    }
    print("\n");
  }
}

void kernel_boot(uint64_t device_tree_address) {
  (void)device_tree_address;
  print("devices\n");
  exercise_clint();
  exercise_supervisor_context();
  exercise_faults();
  uart_exercise();
  for (unsigned slot = 0; slot < VIRTIO_SLOTS; slot++) {
    uint32_t version = virtio_read(slot, 4);
    uint32_t device = virtio_read(slot, 8);
    print("slot %u: version %u, device %u, vendor %x\n", slot, version, device, virtio_read(slot, 12));
  }
  block_exercise();
  virtio_console_exercise();
  print("heard: %s\n", uart_read_line());
  write32(FINISHER_ADDRESS, 42U << 16 | 0x3333);
  for (;;) wait_for_interrupt();
}
