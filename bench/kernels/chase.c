/* Pointer chasing through a random cycle of 1 MiB: one dependent load after the other, over more pages than a TLB of 64 has. */
#include "kernel.h"

#define NODES 65536
#define STEPS 40000000

struct node {
  struct node *next;
  u64 value;
};

static struct node nodes[NODES];
static u32 order[NODES];

int main(void) {
  u32 state = 11;
  for (u32 i = 0; i < NODES; i++) order[i] = i;
  for (u32 i = NODES - 1; i > 0; i--) {
    u32 j = next_random(&state) % (i + 1);
    u32 held = order[i];
    order[i] = order[j];
    order[j] = held;
  }
  for (u32 i = 0; i < NODES; i++) {
    nodes[order[i]].next = &nodes[order[(i + 1) % NODES]];
    nodes[order[i]].value = i;
  }
  u64 sum = 0;
  const struct node *at = nodes;
  for (u32 step = 0; step < STEPS; step++) {
    sum += at->value;
    at = at->next;
  }
  print_checksum(sum);
  return 0;
}
