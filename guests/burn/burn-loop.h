#pragma once

#include <stdint.h>

// Instructions that each iteration of burn_loop executes, counted in burn-loop.S and checked by a test.
#define INSTRUCTIONS_PER_ITERATION 20

// Runs `iterations` (at least 1) and answers the new state: a function of the old one and the count, nothing else.
uint64_t burn_loop(uint64_t iterations, uint64_t state);
