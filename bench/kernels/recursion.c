/* Calls: Fibonacci and Ackermann by plain recursion, so prologues, epilogues and returns. */
#include "kernel.h"

static u32 __attribute__((noinline)) fibonacci(u32 n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

static u32 __attribute__((noinline)) ackermann(u32 m, u32 n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

int main(void) {
  u64 sum = fibonacci(34);
  for (u32 round = 0; round < 60; round++) sum = sum * 31 + ackermann(2, 100 + (round & 31));
  print_checksum(sum);
  return 0;
}
