// The device tree may lie anywhere in RAM (QEMU puts it near the end). It splits what is above the image in two; the
// larger part is the guest's.
#include "memory.h"

extern uint8_t __image_end[];

uint64_t memory_total_bytes;
uint8_t *memory_free;
uint64_t memory_free_bytes;

static uint64_t page_up(uint64_t address) { return (address + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1); }
static uint64_t page_down(uint64_t address) { return address & ~(PAGE_BYTES - 1); }

void memory_start(const struct device_tree *tree) {
  uint64_t start = page_up((uint64_t)__image_end);
  uint64_t end = page_down(tree->memory_start + tree->memory_bytes);
  uint64_t tree_start = page_down(tree->tree_start);
  uint64_t tree_end = page_up(tree->tree_start + tree->tree_bytes);
  if (tree_end > start && tree_start < end) {
    uint64_t below = tree_start > start ? tree_start - start : 0;
    uint64_t above = end > tree_end ? end - tree_end : 0;
    if (below >= above) end = start + below;
    else start = end - above;
  }
  memory_total_bytes = tree->memory_bytes;
  memory_free = (uint8_t *)start;
  memory_free_bytes = end > start ? end - start : 0;
}
