/* Sieve of Eratosthenes over bytes: strided stores and a long scan. */
#include "kernel.h"

#define LIMIT 1000000
#define ROUNDS 10

static u8 composite[LIMIT];

int main(void) {
  u64 sum = 0;
  for (u32 round = 0; round < ROUNDS; round++) {
    for (u32 i = 0; i < LIMIT; i++) composite[i] = 0;
    for (u32 i = 2; i * i < LIMIT; i++) {
      if (composite[i]) continue;
      for (u32 j = i * i; j < LIMIT; j += i) composite[j] = 1;
    }
    for (u32 i = 2; i < LIMIT; i++) {
      if (!composite[i]) sum += i + round;
    }
  }
  print_checksum(sum);
  return 0;
}
