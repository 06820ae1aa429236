// Every page gets contents of its own: a word in each 512 bytes, which follows from page and place. That is enough that no page is
// zero and no two are equal, and costs a slow host 32 instructions a page instead of two thousand. The rest of a page stays zero.
#include "fill.h"

#include <stddef.h>

#include "memory.h"
#include "print.h"

#define WORDS_PER_PAGE (PAGE_BYTES / 8)
#define WORDS_APART 64UL
#define PAGE_KIB (PAGE_BYTES / 1024)

uint64_t fill_kib;

// A multiple of an odd number modulo 2^64: never zero, and another for each word.
static uint64_t content(uint64_t word) { return (word + 1) * 0x9e3779b97f4a7c15UL; }

static uint64_t word_count(void) { return fill_kib / PAGE_KIB * WORDS_PER_PAGE; }

uint64_t fill_kib_max(void) { return memory_free_bytes / 1024; }

const char *fill_change(uint64_t value) { return value % PAGE_KIB == 0 ? NULL : "not a multiple of 4"; }

void fill_memory(void) {
  uint64_t *words = (uint64_t *)memory_free;
  uint64_t count = word_count();
  for (uint64_t word = 0; word < count; word += WORDS_APART) words[word] = content(word);
}

void fill_check(int count, char **words) {
  (void)count;
  (void)words;
  const uint64_t *filled = (const uint64_t *)memory_free;
  uint64_t words_filled = word_count();
  for (uint64_t word = 0; word < words_filled; word++) {
    uint64_t expected = word % WORDS_APART == 0 ? content(word) : 0;
    if (filled[word] == expected) continue;
    print("check failed: page %lu word %lu expected %016lx found %016lx\n", word / WORDS_PER_PAGE,
          word % WORDS_PER_PAGE, expected, filled[word]);
    return;
  }
  print("check ok %lu pages\n", words_filled / WORDS_PER_PAGE);
}
