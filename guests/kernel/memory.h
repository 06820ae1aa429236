// RAM that is free for a guest's working set: the largest piece above the image that the device tree does not occupy.
#pragma once

#include <stdint.h>

#include "device-tree.h"

#define PAGE_BYTES 4096UL

extern uint64_t memory_total_bytes;  // all RAM of the machine
extern uint8_t *memory_free;         // page-aligned
extern uint64_t memory_free_bytes;   // whole pages

void memory_start(const struct device_tree *tree);
