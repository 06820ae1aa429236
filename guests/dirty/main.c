// The guest that writes: dirties pages of a working set at a given rate, in order or at random, and can say at any time
// whether every word still is what was last written. The load against which live migration is judged.
#include <stddef.h>

#include "console.h"
#include "guest.h"
#include "memory.h"
#include "pacer.h"
#include "pattern.h"
#include "print.h"
#include "timer.h"
#include "words.h"

#define PAGE_KIB 4
#define RATE_KIB_MAX (16UL << 20)

// A rate of one KiB a second owes one unit each millisecond; a page of 4 KiB costs this many.
#define UNITS_PER_PAGE 4000

// Chosen: pages between two looks at the timer and the console, for either kind of write.
#define CHUNK_PAGES 64
#define CHUNK_PAGES_WHOLE 2

static uint64_t rate_kib = 1024;
static uint64_t set_kib = 4096;
static uint64_t period_ms = 10;
static uint64_t random_order;
static uint64_t whole_pages;
static uint64_t fill = 1;
static uint64_t seed = 1;

static struct pacer pacer;
static bool running;
static bool demand_changed;
static uint64_t next_page;
static uint64_t random_state;

static const char *change_demand(uint64_t value) {
  (void)value;
  demand_changed = true;
  return NULL;
}

// Brings what is owed up to date with the settings and the clock.
static void advance(uint64_t now) {
  if (demand_changed) pacer_begin(&pacer, now, period_ms, rate_kib * period_ms);
  else pacer_advance(&pacer, now);
  demand_changed = false;
}

static void begin_set(uint64_t kib, bool whole, bool filled) {
  pattern_begin(kib / PAGE_KIB, whole, filled, seed);
  next_page = 0;
  demand_changed = true;
}

static const char *change_set(uint64_t value) {
  if (value % PAGE_KIB != 0) return "not a multiple of 4";
  if (running) begin_set(value, whole_pages != 0, fill != 0);
  return NULL;
}

static const char *change_whole(uint64_t value) {
  if (running) begin_set(set_kib, value != 0, fill != 0);
  return NULL;
}

static const char *change_fill(uint64_t value) {
  if (running) begin_set(set_kib, whole_pages != 0, value != 0);
  return NULL;
}

static uint64_t set_kib_max(void) { return pattern_pages_max() * PAGE_KIB; }

// Marsaglia's xorshift64 (2003), scaled to the number of pages by its upper half.
static uint64_t choose_page(void) {
  if (!random_order) {
    uint64_t page = next_page;
    next_page = page + 1 == pattern_pages() ? 0 : page + 1;
    return page;
  }
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (random_state >> 32) * pattern_pages() >> 32;
}

// Writes what is owed until it is done, the period ends or the console has input.
static void write_pages(void) {
  timer_arm(pacer.next_period);
  uint64_t left = pacer.owed / UNITS_PER_PAGE;
  while (left > 0 && !timer_fired() && !console_pending()) {
    uint64_t chunk = whole_pages ? CHUNK_PAGES_WHOLE : CHUNK_PAGES;
    if (chunk > left) chunk = left;
    for (uint64_t i = 0; i < chunk; i++) pattern_write(choose_page());
    pacer_done(&pacer, chunk * UNITS_PER_PAGE);
    left -= chunk;
  }
}

static void run_check(int count, char **words) {
  (void)count;
  (void)words;
  pattern_check();
}

static void run_stats(int count, char **words) {
  (void)count;
  (void)words;
  uint64_t now = timer_now();
  advance(now);
  print("writes=%lu periods=%lu backlog=%lu time-ms=%lu behind-ms=%lu dropped=%lu digest=%016lx\n", pattern_writes(),
        pacer.periods, pacer.owed / UNITS_PER_PAGE, now / (ticks_per_second / 1000), pacer_behind_ms(&pacer),
        pacer.dropped / UNITS_PER_PAGE, pattern_digest());
}

static void run_poke(int count, char **words) {
  uint64_t page;
  uint64_t word;
  uint64_t value;
  if (count != 3 || !word_to_number(words[0], pattern_pages() - 1, &page) ||
      !word_to_number(words[1], WORDS_PER_PAGE - 1, &word) || !word_to_number(words[2], UINT64_MAX, &value)) {
    print("error: poke takes a page below %lu, a word below %lu and a value\n", pattern_pages(), WORDS_PER_PAGE);
    return;
  }
  pattern_spoil(page, word, value);
  print("ok poke %lu %lu\n", page, word);
}

static const char *const orders[] = {"seq", "random"};

const char guest_name[] = "dirty";
const struct setting guest_settings[] = {
    {.name = "rate-kib", .maximum = RATE_KIB_MAX, .value = &rate_kib, .change = change_demand},
    {.name = "set-kib", .minimum = PAGE_KIB, .maximum_now = set_kib_max, .value = &set_kib, .change = change_set},
    {.name = "order", .maximum = 1, .choices = orders, .value = &random_order},
    {.name = "whole", .maximum = 1, .choices = no_or_yes, .value = &whole_pages, .change = change_whole},
    {.name = "fill", .maximum = 1, .choices = no_or_yes, .value = &fill, .change = change_fill},
    {.name = "period-ms",
     .minimum = PERIOD_MS_MIN,
     .maximum = PERIOD_MS_MAX,
     .value = &period_ms,
     .change = change_demand},
    {.name = "seed", .minimum = 1, .maximum = UINT32_MAX, .value = &seed, .only_at_boot = true},
    {.name = NULL},
};
const struct command guest_commands[] = {
    {"check", run_check},
    {"stats", run_stats},
    {"poke", run_poke},
    {NULL, NULL},
};

void guest_main(void) {
  random_state = seed * 0x9e3779b97f4a7c15UL;
  if (set_kib > set_kib_max()) set_kib = set_kib_max();
  begin_set(set_kib, whole_pages != 0, fill != 0);
  running = true;
  guest_ready();
  for (;;) {
    console_poll();
    advance(timer_now());
    if (pacer.owed >= UNITS_PER_PAGE) write_pages();
    else timer_wait(pacer.per_period > 0 ? pacer.next_period : TICKS_NEVER);
  }
}
