// Settings: the numbers and choices that a guest takes as boot arguments (`key=value`) and as console lines
// (`key value`). Both go through the same checks.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct setting {
  const char *name;
  uint64_t minimum;
  uint64_t maximum;
  uint64_t (*maximum_now)(void);  // instead of `maximum`, where it depends on the machine
  const char *const *choices;  // NULL for a number; else the words that stand for 0, 1, … up to `maximum`
  uint64_t *value;
  // Called with the new value before it is stored; answers NULL, or why it is refused. May be NULL.
  const char *(*change)(uint64_t value);
  bool only_at_boot;
};

extern const struct setting kernel_settings[];  // end with a NULL name

// The name given by the boot argument `name=`, or an empty string.
extern const char *machine_name;
extern uint64_t console_echo;

// Applies all boot arguments; an unknown or wrong one ends the machine with exit code 2 and a line that says which.
void settings_boot(char *boot_arguments);

// Handles a console line of one or two words if it is a setting: prints `ok key value`, `key value` or `error: …`.
bool settings_command(int count, char **words);

// Prints ` key=value` for each of the guest's settings.
void settings_print(void);
