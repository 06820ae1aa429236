// The guest that does nothing: says it is ready and waits in WFI for ever, answering its console. It costs a host its
// memory and no instructions.
#include <stddef.h>

#include "console.h"
#include "fill.h"
#include "guest.h"
#include "print.h"
#include "timer.h"

static void run_stats(int count, char **words) {
  (void)count;
  (void)words;
  print("time-ms=%lu\n", timer_now() / (ticks_per_second / 1000));
}

const char guest_name[] = "idle";
const struct setting guest_settings[] = {FILL_SETTING, {.name = NULL}};
const struct command guest_commands[] = {{"stats", run_stats}, {"check", fill_check}, {NULL, NULL}};

void guest_main(void) {
  fill_memory();
  guest_ready();
  for (;;) {
    timer_wait(TICKS_NEVER);
    console_poll();
  }
}
