// From the first C instruction to the guest's main: devices, device tree, boot arguments.
#include <stddef.h>

#include "device-tree.h"
#include "guest.h"
#include "memory.h"
#include "power.h"
#include "print.h"
#include "timer.h"
#include "trap.h"
#include "uart.h"

#define EXIT_BAD_BOARD 4

void kernel_boot(uint64_t device_tree_address);

static struct device_tree tree;

void kernel_boot(uint64_t device_tree_address) {
  uart_start();
  const char *error = device_tree_read(device_tree_address, &tree);
  if (error != NULL) {
    uart_polled_only();
    print("error: %s\n", error);
    power_off_fail(EXIT_BAD_BOARD);
  }
  if (tree.ticks_per_second != 0) ticks_per_second = tree.ticks_per_second;
  memory_start(&tree);
  timer_arm(TICKS_NEVER);
  trap_start();
  settings_boot(tree.boot_arguments);
  guest_main();
}

void guest_ready(void) {
  print("lightsout %s ready memory-kib=%lu", guest_name, memory_total_bytes / 1024);
  if (*machine_name != '\0') print(" name=%s", machine_name);
  settings_print();
  print("\n");
}
