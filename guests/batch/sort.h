#pragma once

#include <stdint.h>

// Sorts ascending, in place. Looks at the console now and then.
void sort(uint32_t *words, uint64_t count);
