#pragma once

#include <stdint.h>

#include "hash.h"

// Takes `words` as a row of 32 × 32 matrices modulo 2^32, one to a page, and replaces each by (product so far + 1) ×
// itself. The first "product so far" is made from `digest`. Looks at the console after each matrix.
void multiply_chain(uint32_t *words, uint64_t count, const uint8_t digest[SHA256_BYTES]);
