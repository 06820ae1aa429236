/* Product of integer matrices, in the order that walks rows: multiply-add in an inner loop that fits the first-level cache. */
#include "kernel.h"

#define N 96
#define ROUNDS 30

static u32 a[N][N];
static u32 b[N][N];
static u32 c[N][N];

int main(void) {
  u32 state = 1;
  for (u32 i = 0; i < N; i++) {
    for (u32 j = 0; j < N; j++) {
      a[i][j] = next_random(&state);
      b[i][j] = next_random(&state);
    }
  }
  for (u32 round = 0; round < ROUNDS; round++) {
    for (u32 i = 0; i < N; i++) {
      for (u32 j = 0; j < N; j++) c[i][j] = 0;
      for (u32 k = 0; k < N; k++) {
        u32 x = a[i][k];
        for (u32 j = 0; j < N; j++) c[i][j] += x * b[k][j];
      }
    }
    a[round % N][0] += c[N - 1][round % N];
  }
  u64 sum = 0;
  for (u32 i = 0; i < N; i++) {
    for (u32 j = 0; j < N; j++) sum = sum * 31 + c[i][j];
  }
  print_checksum(sum);
  return 0;
}
