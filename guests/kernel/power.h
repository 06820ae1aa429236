#pragma once

// The end of the machine, by the test finisher: the emulator exits with 0, or with `code` (1 to 255).
_Noreturn void power_off_pass(void);
_Noreturn void power_off_fail(unsigned code);
