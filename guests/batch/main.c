// The guest with a right answer: rounds of filling, sorting, hashing and multiplying several MiB, ending in a checksum
// that depends on every byte and never on time. expected.ts computes the same independently.
#include <stddef.h>

#include "console.h"
#include "guest.h"
#include "hash.h"
#include "matrix.h"
#include "memory.h"
#include "power.h"
#include "print.h"
#include "sort.h"

#define EXIT_TOO_LITTLE_MEMORY 2
#define ROUNDS_MAX 1000000

static uint64_t rounds = 8;
static uint64_t size_kib = 1024;

static uint64_t checksum = FNV_START;
static uint64_t round_now;
static const char *step = "start";

static const char *change_size(uint64_t value) { return value % 4 == 0 ? NULL : "not a multiple of 4"; }
static uint64_t size_kib_max(void) { return memory_free_bytes / PAGE_BYTES * 4; }

static void run_stats(int count, char **words) {
  (void)count;
  (void)words;
  print("round=%lu rounds=%lu step=%s checksum=%016lx\n", round_now, rounds, step, checksum);
}

const char guest_name[] = "batch";
const struct setting guest_settings[] = {
    {.name = "rounds", .minimum = 1, .maximum = ROUNDS_MAX, .value = &rounds, .only_at_boot = true},
    {.name = "size-kib",
     .minimum = 4,
     .maximum_now = size_kib_max,
     .value = &size_kib,
     .change = change_size,
     .only_at_boot = true},
    {.name = NULL},
};
const struct command guest_commands[] = {{"stats", run_stats}, {NULL, NULL}};

// Marsaglia's xorshift32 (2003); the seed is never 0.
static void fill(uint32_t *words, uint64_t count, uint32_t seed) {
  for (uint64_t i = 0; i < count; i++) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    words[i] = seed;
  }
}

static void run_round(uint32_t *words, uint64_t count) {
  uint8_t digest[SHA256_BYTES];
  step = "fill";
  fill(words, count, (uint32_t)(checksum ^ checksum >> 32 ^ round_now) | 1);
  console_poll();
  step = "sort";
  sort(words, count);
  step = "hash";
  sha256(words, count * sizeof *words, digest);
  step = "multiply";
  multiply_chain(words, count, digest);
  step = "checksum";
  checksum = fnv1a(checksum, digest, SHA256_BYTES);
  checksum = fnv1a(checksum, (const uint8_t *)words, count * sizeof *words);
}

void guest_main(void) {
  if (size_kib > size_kib_max()) {
    print("error: size-kib=%lu is more than the %lu KiB free\n", size_kib, size_kib_max());
    power_off_fail(EXIT_TOO_LITTLE_MEMORY);
  }
  guest_ready();
  for (round_now = 1; round_now <= rounds; round_now++) {
    run_round((uint32_t *)memory_free, size_kib * 1024 / sizeof(uint32_t));
    print("round %lu of %lu checksum=%016lx\n", round_now, rounds, checksum);
    console_poll();
  }
  print("checksum=%016lx rounds=%lu\n", checksum, rounds);
  power_off_pass();
}
