// What a guest wants to know from the flattened device tree: how much RAM, how fast the clock, and the boot arguments.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BOOT_ARGUMENTS_BYTES 512

struct device_tree {
  uint64_t memory_start;
  uint64_t memory_bytes;
  uint64_t ticks_per_second;  // 0 when the tree does not say
  uint64_t tree_start;        // where the tree itself lies
  uint64_t tree_bytes;
  char boot_arguments[BOOT_ARGUMENTS_BYTES];  // empty when there are none
};

// Answers NULL, or why the tree cannot be used.
const char *device_tree_read(uint64_t address, struct device_tree *result);
