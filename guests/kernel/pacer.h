// A pacer turns a demand per period into work owed. What is not done in its period stays owed, so that a machine that
// was starved, paused or moved still asks for what it missed, up to one second's worth; beyond that it is dropped.
#pragma once

#include <stdint.h>

#define PERIOD_MS_MIN 1
#define PERIOD_MS_MAX 10000

struct pacer {
  uint64_t period_ticks;
  uint64_t per_period;   // units of work that each period adds
  uint64_t owed_max;     // one second's worth, at least one period's
  uint64_t owed;         // units not done yet
  uint64_t dropped;      // units given up because owed_max was reached
  uint64_t periods;      // periods begun since the guest started
  uint64_t next_period;  // ticks at which the next one begins
};

// Begins a new demand at `now`: nothing is owed, a period begins at once. Counts of periods and of dropped work go on.
void pacer_begin(struct pacer *pacer, uint64_t now, uint64_t period_ms, uint64_t per_period);

// Adds the demand of every period that has begun by `now`.
void pacer_advance(struct pacer *pacer, uint64_t now);

// Takes off up to `done` units.
void pacer_done(struct pacer *pacer, uint64_t done);

// How much guest time's worth of demand is owed.
uint64_t pacer_behind_ms(const struct pacer *pacer);
