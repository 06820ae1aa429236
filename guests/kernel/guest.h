// What every guest program provides to the kernel.
#pragma once

#include "settings.h"

struct command {
  const char *name;
  void (*run)(int count, char **words);  // words after the command's name
};

extern const char *const no_or_yes[];  // choices "0" and "1"

extern const char guest_name[];
extern const struct setting guest_settings[];  // end with a NULL name
extern const struct command guest_commands[];  // end with a NULL name

// Runs after the boot arguments have been applied, with interrupts on. Never returns.
_Noreturn void guest_main(void);

// Prints `lightsout <guest> ready` with the machine's size, its name and the guest's settings.
void guest_ready(void);
