/* memcpy and memset by doublewords over 256 KiB, and by bytes over the rest of the round. */
#include "kernel.h"

#define WORDS 32768
#define ROUNDS 1200

static u64 from[WORDS];
static u64 to[WORDS];

int main(void) {
  u32 state = 5;
  for (u32 i = 0; i < WORDS; i++) from[i] = next_random(&state);
  u64 sum = 0;
  for (u32 round = 0; round < ROUNDS; round++) {
    const u64 *restrict source = from;
    u64 *restrict target = to;
    for (u32 i = 0; i < WORDS; i += 4) {
      target[i] = source[i];
      target[i + 1] = source[i + 1];
      target[i + 2] = source[i + 2];
      target[i + 3] = source[i + 3];
      __asm__ volatile("" ::: "memory");
    }
    const u8 *bytes_from = (const u8 *)to + round;
    u8 *bytes_to = (u8 *)from + 3;
    for (u32 i = 0; i < 16384; i++) {
      bytes_to[i] = bytes_from[i];
      __asm__ volatile("" ::: "memory");
    }
    sum = sum * 31 + to[round];
  }
  print_checksum(sum);
  return 0;
}
