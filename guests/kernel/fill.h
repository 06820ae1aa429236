// Memory that a guest holds without working on it, so that a VM is of a realistic size: the setting `fill-kib` and the
// command `check`, for guests that have no working set of their own.
#pragma once

#include <stdint.h>

#include "settings.h"

extern uint64_t fill_kib;

uint64_t fill_kib_max(void);
const char *fill_change(uint64_t value);

#define FILL_SETTING                                                                                      \
  {                                                                                                       \
    .name = "fill-kib", .maximum_now = fill_kib_max, .value = &fill_kib, .change = fill_change,           \
    .only_at_boot = true                                                                                  \
  }

// Fills that many KiB of free memory. To be called once, before the guest says that it is ready.
void fill_memory(void);

// The command: says whether the contents are what was filled in.
void fill_check(int count, char **words);
