/* A little interpreter with a jump table, running a program of its own: indirect jumps that are hard to guess, as in every interpreter. */
#include "kernel.h"

#define CODE_BYTES 4096
#define STEPS 10000000

static u8 code[CODE_BYTES];

int main(void) {
  u32 state = 13;
  for (u32 i = 0; i < CODE_BYTES; i++) code[i] = (u8)(next_random(&state) >> 8);
  u64 accumulator = 1;
  u64 other = 2;
  u64 stack[16];
  for (u32 i = 0; i < 16; i++) stack[i] = i;
  u32 top = 0;
  u32 pc = 0;
  u64 sum = 0;
  for (u32 step = 0; step < STEPS; step++) {
    u8 instruction = code[pc];
    pc = (pc + 1) & (CODE_BYTES - 1);
    switch (instruction & 15) {
      case 0: accumulator += other; break;
      case 1: accumulator -= instruction; break;
      case 2: other ^= accumulator; break;
      case 3: accumulator = (accumulator << 7) | (accumulator >> 57); break;
      case 4: stack[top++ & 15] = accumulator; break;
      case 5: other += stack[--top & 15]; break;
      case 6: if (accumulator & 1) pc = (pc + instruction) & (CODE_BYTES - 1); break;
      case 7: if (other & 4) pc = (pc - instruction) & (CODE_BYTES - 1); break;
      case 8: accumulator *= other | 1; break;
      case 9: { u64 held = accumulator; accumulator = other; other = held; break; }
      case 10: accumulator |= other >> 3; break;
      case 11: accumulator &= ~(other << 1); break;
      case 12: other = other * 5 + 1; break;
      case 13: accumulator ^= (u64)pc << 11; break;
      case 14: stack[top & 15] += other; break;
      default: accumulator += step; break;
    }
    sum = sum * 3 + (accumulator ^ other ^ pc);
  }
  print_checksum(sum);
  return 0;
}
