// A table before the working set counts the writes of each page (4 bytes a page, so the set's own dirtying adds one
// page per 4 MiB at most). Write number v of a page changes word (v - 1) mod 512, or all words; which write each word
// must show follows from v. A digest of the table in the kernel's own page tells when the table itself went stale.
#include "pattern.h"

#include "memory.h"
#include "print.h"

#define TABLE_ENTRIES_PER_PAGE 1024UL

static uint32_t *table;  // writes of each page
static uint64_t *set;
static uint64_t set_pages;
static uint64_t set_seed;
static bool set_whole;
static bool set_filled;
static uint64_t writes;
static uint64_t digest;

// The finalizer of splitmix64 (Steele, Lea, Flood 2014).
static uint64_t mix(uint64_t page, uint64_t version) {
  uint64_t z = set_seed + (page << 32 ^ version) * 0x9e3779b97f4a7c15UL;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9UL;
  z = (z ^ z >> 27) * 0x94d049bb133111ebUL;
  return z ^ z >> 31;
}

static uint64_t content(uint64_t base, uint64_t word) { return base + word * 0x9e3779b97f4a7c15UL; }

uint64_t pattern_pages_max(void) {
  return memory_free_bytes / PAGE_BYTES * TABLE_ENTRIES_PER_PAGE / (TABLE_ENTRIES_PER_PAGE + 1);
}

static void fill_page(uint64_t *words, uint64_t page) {
  uint64_t base = mix(page, 0);
  for (uint64_t word = 0; word < WORDS_PER_PAGE; word++) words[word] = content(base, word);
}

static void zero_page(uint64_t *words) {
  for (uint64_t word = 0; word < WORDS_PER_PAGE; word++) {
    if (words[word] != 0) words[word] = 0;
  }
}

void pattern_begin(uint64_t pages, bool whole, bool filled, uint64_t seed) {
  uint64_t table_pages = (pages + TABLE_ENTRIES_PER_PAGE - 1) / TABLE_ENTRIES_PER_PAGE;
  table = (uint32_t *)memory_free;
  set = (uint64_t *)(memory_free + table_pages * PAGE_BYTES);
  set_pages = pages;
  set_seed = seed;
  set_whole = whole;
  set_filled = filled;
  writes = 0;
  digest = 0;
  for (uint64_t page = 0; page < pages; page++) {
    table[page] = 0;
    digest += mix(page, 0);
    if (filled) fill_page(set + page * WORDS_PER_PAGE, page);
    else zero_page(set + page * WORDS_PER_PAGE);
  }
}

uint64_t pattern_pages(void) { return set_pages; }
uint64_t pattern_writes(void) { return writes; }
uint64_t pattern_digest(void) { return digest; }

void pattern_write(uint64_t page) {
  uint64_t version = table[page] + 1UL;
  uint64_t base = mix(page, version);
  uint64_t *words = set + page * WORDS_PER_PAGE;
  if (set_whole) {
    for (uint64_t word = 0; word < WORDS_PER_PAGE; word++) words[word] = content(base, word);
  } else {
    uint64_t word = (version - 1) % WORDS_PER_PAGE;
    words[word] = content(base, word);
  }
  table[page] = (uint32_t)version;
  digest += base - mix(page, version - 1);
  writes++;
}

// The write that `word` must show when its page has been written `rounds` times all over and then up to `reached`;
// 0 is the first content.
static uint64_t version_of_word(uint64_t rounds, uint64_t reached, uint64_t word) {
  if (word < reached) return rounds * WORDS_PER_PAGE + word + 1;
  return rounds == 0 ? 0 : (rounds - 1) * WORDS_PER_PAGE + word + 1;
}

static bool page_is_right(uint64_t page, uint64_t version) {
  const uint64_t *words = set + page * WORDS_PER_PAGE;
  uint64_t first_base = mix(page, 0);
  uint64_t whole_base = mix(page, version);
  uint64_t rounds = version / WORDS_PER_PAGE;
  uint64_t reached = version % WORDS_PER_PAGE;
  for (uint64_t word = 0; word < WORDS_PER_PAGE; word++) {
    uint64_t shown = set_whole ? version : version_of_word(rounds, reached, word);
    uint64_t base = shown == 0 ? first_base : set_whole ? whole_base : mix(page, shown);
    uint64_t expected = shown == 0 && !set_filled ? 0 : content(base, word);
    if (words[word] == expected) continue;
    print("check failed: page %lu word %lu expected %016lx found %016lx after %lu writes of the page\n", page, word,
          expected, words[word], version);
    return false;
  }
  return true;
}

void pattern_check(void) {
  uint64_t table_writes = 0;
  uint64_t table_digest = 0;
  for (uint64_t page = 0; page < set_pages; page++) {
    uint64_t version = table[page];
    if (!page_is_right(page, version)) return;
    table_writes += version;
    table_digest += mix(page, version);
  }
  if (table_writes != writes || table_digest != digest) {
    print("check failed: the table of writes says %lu with digest %016lx, expected %lu with digest %016lx\n",
          table_writes, table_digest, writes, digest);
    return;
  }
  print("check ok %lu pages\n", set_pages);
}

void pattern_spoil(uint64_t page, uint64_t word, uint64_t value) { set[page * WORDS_PER_PAGE + word] = value; }
