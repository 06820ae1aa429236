// Periods are counted from when the demand began, not from when the guest woke, so being late never shifts them.
#include "pacer.h"

#include "timer.h"

void pacer_begin(struct pacer *pacer, uint64_t now, uint64_t period_ms, uint64_t per_period) {
  uint64_t periods_per_second = period_ms >= 1000 ? 1 : 1000 / period_ms;
  pacer->period_ticks = period_ms * ticks_per_second / 1000;
  pacer->per_period = per_period;
  pacer->owed_max = per_period * periods_per_second;
  pacer->owed = 0;
  pacer->next_period = now;
  pacer_advance(pacer, now);
}

void pacer_advance(struct pacer *pacer, uint64_t now) {
  if (now < pacer->next_period) return;
  uint64_t begun = (now - pacer->next_period) / pacer->period_ticks + 1;
  pacer->periods += begun;
  pacer->next_period += begun * pacer->period_ticks;
  if (pacer->per_period == 0) return;
  uint64_t room = pacer->owed_max > pacer->owed ? pacer->owed_max - pacer->owed : 0;
  uint64_t added = begun * pacer->per_period;
  uint64_t kept = added < room ? added : room;
  pacer->owed += kept;
  pacer->dropped += added - kept;
}

void pacer_done(struct pacer *pacer, uint64_t done) { pacer->owed -= done < pacer->owed ? done : pacer->owed; }

uint64_t pacer_behind_ms(const struct pacer *pacer) {
  if (pacer->per_period == 0) return 0;
  uint64_t ticks_per_ms = ticks_per_second / 1000;
  return pacer->owed * (pacer->period_ticks / ticks_per_ms) / pacer->per_period;
}
