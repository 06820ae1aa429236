// Heapsort (Williams and Floyd 1964): in place, no recursion, and it reaches all over memory, which sorts that keep to
// one region do not.
#include "sort.h"

#include "console.h"

// Chosen: elements between two looks at the console.
#define LOOK_EVERY 1024

static void sift_down(uint32_t *words, uint64_t root, uint64_t count) {
  uint32_t value = words[root];
  for (;;) {
    uint64_t child = 2 * root + 1;
    if (child >= count) break;
    if (child + 1 < count && words[child + 1] > words[child]) child++;
    if (words[child] <= value) break;
    words[root] = words[child];
    root = child;
  }
  words[root] = value;
}

void sort(uint32_t *words, uint64_t count) {
  for (uint64_t root = count / 2; root-- > 0;) {
    sift_down(words, root, count);
    if (root % LOOK_EVERY == 0) console_poll();
  }
  for (uint64_t last = count - 1; last > 0; last--) {
    uint32_t largest = words[0];
    words[0] = words[last];
    words[last] = largest;
    sift_down(words, 0, last);
    if (last % LOOK_EVERY == 0) console_poll();
  }
}
