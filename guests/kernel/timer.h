// Time and sleep. A tick is one count of mtime, `ticks_per_second` of which make a second of guest time.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TICKS_NEVER UINT64_MAX

extern uint64_t ticks_per_second;

// Ticks since the board was switched on.
uint64_t timer_now(void);

// Asks for one timer interrupt at `deadline` (ticks); forgets the one asked for before.
void timer_arm(uint64_t deadline);

// True once the deadline last armed has passed. Costs one load, so that busy loops can look often.
bool timer_fired(void);

// Sits in WFI until `deadline` has passed or the console has received something; executes nothing meanwhile.
void timer_wait(uint64_t deadline);

void timer_interrupt(void);
