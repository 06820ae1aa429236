// The guest that uses its processor: a share of guest time (`duty`), or an amount of work per period (`work`) or per
// second (`rate`). The last of the three that was set counts. README.md says which to use when.
#include <stddef.h>

#include "burn-loop.h"
#include "console.h"
#include "fill.h"
#include "guest.h"
#include "pacer.h"
#include "print.h"
#include "timer.h"

// Chosen: 4000 instructions between two looks at the timer and the console; the looks cost about 1 %.
#define CHUNK_ITERATIONS 200

#define WORK_MAX 100000000
#define RATE_MAX 10000000

// What a period's demand is counted in: ticks for a duty, instructions else.
enum demand { DEMAND_DUTY, DEMAND_WORK, DEMAND_RATE };

static enum demand demand = DEMAND_DUTY;
static uint64_t duty_percent;
static uint64_t work_iterations;
static uint64_t rate_thousands;
static uint64_t period_ms = 100;

static struct pacer pacer;
static bool demand_changed = true;
static uint64_t iterations;
static uint64_t state = 1;

static const char *change_duty(uint64_t value) {
  (void)value;
  demand = DEMAND_DUTY;
  demand_changed = true;
  return NULL;
}

static const char *change_work(uint64_t value) {
  (void)value;
  demand = DEMAND_WORK;
  demand_changed = true;
  return NULL;
}

static const char *change_rate(uint64_t value) {
  (void)value;
  demand = DEMAND_RATE;
  demand_changed = true;
  return NULL;
}

static const char *change_period(uint64_t value) {
  (void)value;
  demand_changed = true;
  return NULL;
}

static uint64_t demand_per_period(void) {
  switch (demand) {
    case DEMAND_DUTY:
      return duty_percent * period_ms * (ticks_per_second / 1000) / 100;
    case DEMAND_WORK:
      return work_iterations * INSTRUCTIONS_PER_ITERATION;
    default:
      return rate_thousands * period_ms;  // thousand per second is one per millisecond
  }
}

// Brings what is owed up to date with the settings and the clock.
static void advance(uint64_t now) {
  if (demand_changed) pacer_begin(&pacer, now, period_ms, demand_per_period());
  else pacer_advance(&pacer, now);
  demand_changed = false;
}

static void burn(uint64_t count) {
  state = burn_loop(count, state);
  iterations += count;
}

// Busy for the time owed, at most to the end of the period or the next console input.
static void burn_for_time(uint64_t now) {
  uint64_t until = now + pacer.owed;
  timer_arm(until < pacer.next_period ? until : pacer.next_period);
  while (!timer_fired() && !console_pending()) burn(CHUNK_ITERATIONS);
  pacer_done(&pacer, timer_now() - now);
}

// Busy until the work owed is done, the period ends or the console has input.
static void burn_for_work(void) {
  timer_arm(pacer.next_period);
  uint64_t left = pacer.owed / INSTRUCTIONS_PER_ITERATION;
  while (left > 0 && !timer_fired() && !console_pending()) {
    uint64_t count = left < CHUNK_ITERATIONS ? left : CHUNK_ITERATIONS;
    burn(count);
    pacer_done(&pacer, count * INSTRUCTIONS_PER_ITERATION);
    left -= count;
  }
}

static void run_stats(int count, char **words) {
  (void)count;
  (void)words;
  uint64_t now = timer_now();
  advance(now);
  bool counts_work = demand != DEMAND_DUTY;
  print("iterations=%lu periods=%lu backlog=%lu time-ms=%lu behind-ms=%lu dropped=%lu state=%016lx\n", iterations,
        pacer.periods, counts_work ? pacer.owed / INSTRUCTIONS_PER_ITERATION : 0, now / (ticks_per_second / 1000),
        pacer_behind_ms(&pacer), counts_work ? pacer.dropped / INSTRUCTIONS_PER_ITERATION : 0, state);
}

const char guest_name[] = "burn";
const struct setting guest_settings[] = {
    {.name = "duty", .maximum = 100, .value = &duty_percent, .change = change_duty},
    {.name = "work", .maximum = WORK_MAX, .value = &work_iterations, .change = change_work},
    {.name = "rate", .maximum = RATE_MAX, .value = &rate_thousands, .change = change_rate},
    {.name = "period-ms",
     .minimum = PERIOD_MS_MIN,
     .maximum = PERIOD_MS_MAX,
     .value = &period_ms,
     .change = change_period},
    FILL_SETTING,
    {.name = NULL},
};
const struct command guest_commands[] = {{"stats", run_stats}, {"check", fill_check}, {NULL, NULL}};

void guest_main(void) {
  fill_memory();
  guest_ready();
  for (;;) {
    console_poll();
    uint64_t now = timer_now();
    advance(now);
    if (demand == DEMAND_DUTY && pacer.owed > 0) burn_for_time(now);
    else if (demand != DEMAND_DUTY && pacer.owed >= INSTRUCTIONS_PER_ITERATION) burn_for_work();
    else timer_wait(pacer.per_period > 0 ? pacer.next_period : TICKS_NEVER);
  }
}
