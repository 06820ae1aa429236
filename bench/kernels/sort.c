/* Heapsort of random words: data-dependent branches and loads that the last result addresses. */
#include "kernel.h"

#define COUNT 65536
#define ROUNDS 7

static u32 values[COUNT];

static void sift(u32 start, u32 count) {
  u32 root = start;
  for (;;) {
    u32 child = 2 * root + 1;
    if (child >= count) return;
    if (child + 1 < count && values[child] < values[child + 1]) child++;
    if (values[root] >= values[child]) return;
    u32 held = values[root];
    values[root] = values[child];
    values[child] = held;
    root = child;
  }
}

int main(void) {
  u32 state = 7;
  u64 sum = 0;
  for (u32 round = 0; round < ROUNDS; round++) {
    for (u32 i = 0; i < COUNT; i++) values[i] = next_random(&state);
    for (u32 i = COUNT / 2; i-- > 0;) sift(i, COUNT);
    for (u32 end = COUNT - 1; end > 0; end--) {
      u32 held = values[0];
      values[0] = values[end];
      values[end] = held;
      sift(0, end);
    }
    for (u32 i = 0; i < COUNT; i += 997) sum = sum * 33 + values[i];
  }
  print_checksum(sum);
  return 0;
}
