// A chain of matrix products over all of the batch's memory. Adding the identity keeps the chain from running to zero:
// random matrices modulo a power of two are singular too often for a plain product.
#include "matrix.h"

#include "console.h"

#define SIDE 32
#define ELEMENTS (SIDE * SIDE)

static uint32_t product[ELEMENTS];
static uint32_t next[ELEMENTS];

static void multiply_row(uint32_t *result, const uint32_t *row, const uint32_t *matrix) {
  for (unsigned column = 0; column < SIDE; column++) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < SIDE; i++) sum += row[i] * matrix[i * SIDE + column];
    result[column] = sum;
  }
}

void multiply_chain(uint32_t *words, uint64_t count, const uint8_t digest[SHA256_BYTES]) {
  for (unsigned i = 0; i < ELEMENTS; i++) product[i] = digest[i % SHA256_BYTES] * 0x01000193U + i;
  for (uint64_t at = 0; at < count; at += ELEMENTS) {
    for (unsigned i = 0; i < SIDE; i++) product[i * SIDE + i]++;
    for (unsigned row = 0; row < SIDE; row++) multiply_row(next + row * SIDE, product + row * SIDE, words + at);
    for (unsigned i = 0; i < ELEMENTS; i++) words[at + i] = product[i] = next[i];
    console_poll();
  }
}
