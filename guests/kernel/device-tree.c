// Reader of the flattened device tree (Devicetree Specification 0.4, chapter 5). One pass over the structure block;
// only the first level of nodes matters here, so a depth counter and the name of the current one are all it remembers.
#include "device-tree.h"

#include <stddef.h>

#include "words.h"

#define FDT_MAGIC 0xd00dfeedU
#define FDT_BEGIN_NODE 1U
#define FDT_END_NODE 2U
#define FDT_PROPERTY 3U
#define FDT_NOP 4U
#define FDT_END 9U

// Chosen: a tree larger than this is not one of ours.
#define TREE_BYTES_MAX (1U << 20)

static uint32_t big_endian(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t cells(const uint8_t *at, uint32_t count) {
  uint64_t value = 0;
  for (uint32_t i = 0; i < count; i++) value = value << 32 | big_endian(at + 4 * i);
  return value;
}

// "memory@80000000" is a "memory".
static bool node_is(const char *node, const char *name) {
  while (*name != '\0' && *node == *name) {
    node++;
    name++;
  }
  return *name == '\0' && (*node == '\0' || *node == '@');
}

static const char *copy_arguments(const char *value, uint32_t bytes, struct device_tree *result) {
  if (bytes > BOOT_ARGUMENTS_BYTES) return "boot arguments longer than 511 characters";
  for (uint32_t i = 0; i < bytes; i++) result->boot_arguments[i] = value[i];
  if (bytes > 0) result->boot_arguments[bytes - 1] = '\0';
  return NULL;
}

const char *device_tree_read(uint64_t address, struct device_tree *result) {
  const uint8_t *tree = (const uint8_t *)address;
  if (address == 0 || address % 8 != 0 || big_endian(tree) != FDT_MAGIC) return "no device tree where a1 points";
  uint32_t total_bytes = big_endian(tree + 4);
  if (total_bytes > TREE_BYTES_MAX) return "device tree larger than 1 MiB";
  const uint8_t *at = tree + big_endian(tree + 8);
  const char *names = (const char *)tree + big_endian(tree + 12);

  result->tree_start = address;
  result->tree_bytes = total_bytes;
  const char *node = "";
  uint32_t depth = 0;
  uint32_t address_cells = 2;
  uint32_t size_cells = 1;
  while (at < tree + total_bytes) {
    uint32_t token = big_endian(at);
    at += 4;
    if (token == FDT_END) break;
    if (token == FDT_NOP) continue;
    if (token == FDT_END_NODE) {
      depth--;
      continue;
    }
    if (token == FDT_BEGIN_NODE) {
      if (++depth == 2) node = (const char *)at;
      while (*at != '\0') at++;
      at = (const uint8_t *)(((uint64_t)at + 4) & ~3UL);
      continue;
    }
    if (token != FDT_PROPERTY) return "device tree has an unknown token";
    uint32_t bytes = big_endian(at);
    const char *name = names + big_endian(at + 4);
    const uint8_t *value = at + 8;
    at = value + ((bytes + 3) & ~3U);
    if (depth == 1) {
      if (words_equal(name, "#address-cells")) address_cells = big_endian(value);
      if (words_equal(name, "#size-cells")) size_cells = big_endian(value);
    } else if (depth == 2 && node_is(node, "memory") && words_equal(name, "reg")) {
      if (bytes < 4 * (address_cells + size_cells)) return "device tree's memory node has a short reg";
      result->memory_start = cells(value, address_cells);
      result->memory_bytes = cells(value + 4 * address_cells, size_cells);
    } else if (depth == 2 && node_is(node, "cpus") && words_equal(name, "timebase-frequency")) {
      result->ticks_per_second = cells(value, bytes / 4);
    } else if (depth == 2 && node_is(node, "chosen") && words_equal(name, "bootargs")) {
      const char *error = copy_arguments((const char *)value, bytes, result);
      if (error != NULL) return error;
    }
  }
  return result->memory_bytes == 0 ? "device tree has no memory" : NULL;
}
