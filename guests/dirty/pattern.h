// The working set and its contents. Every word of every page is a function of (seed, page, word, how often the page has
// been written), so that all of it can be verified at any time without a second copy.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define WORDS_PER_PAGE 512UL

// The largest working set that this machine's memory allows.
uint64_t pattern_pages_max(void);

// Sets up `pages` pages, never written so far. `whole`: each write changes all words of a page, else one. `filled`:
// they begin with non-zero contents, else as zeros (pages that are zero already are not touched).
void pattern_begin(uint64_t pages, bool whole, bool filled, uint64_t seed);

uint64_t pattern_pages(void);
void pattern_write(uint64_t page);

// Writes since the set was set up.
uint64_t pattern_writes(void);

// A digest of how often each page has been written.
uint64_t pattern_digest(void);

// Prints `check ok N pages`, or the first difference.
void pattern_check(void);

// Overwrites one word behind the pattern's back, so that a test can see that `check` finds it.
void pattern_spoil(uint64_t page, uint64_t word, uint64_t value);
