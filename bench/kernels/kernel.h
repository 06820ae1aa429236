/* What the kernels share: fixed-width numbers, a generator, and one line of output. No library: the same file runs on the bare board
   of QEMU and of ours. */
#ifndef KERNEL_H
#define KERNEL_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long s64;

#define UART ((volatile u8 *)0x10000000)

static inline u32 next_random(u32 *state) {
  u32 x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  *state = x;
  return x;
}

/* Sixteen hexadecimal digits and a newline. */
static inline void print_checksum(u64 sum) {
  for (int shift = 60; shift >= 0; shift -= 4) *UART = "0123456789abcdef"[(sum >> shift) & 15];
  *UART = '\n';
}

#endif
