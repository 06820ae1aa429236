// One table per guest and one of the kernel; a value reaches its variable only through the checks here.
#include "settings.h"

#include <stddef.h>

#include "guest.h"
#include "power.h"
#include "print.h"
#include "words.h"

#define EXIT_BAD_ARGUMENT 2
#define ARGUMENTS_MAX 32

const char *machine_name = "";
uint64_t console_echo;

const char *const no_or_yes[] = {"0", "1"};

const struct setting kernel_settings[] = {
    {.name = "echo", .maximum = 1, .choices = no_or_yes, .value = &console_echo},
    {.name = NULL},
};

static const struct setting *find_in(const struct setting *table, const char *name) {
  for (; table->name != NULL; table++) {
    if (words_equal(table->name, name)) return table;
  }
  return NULL;
}

static const struct setting *find(const char *name) {
  const struct setting *found = find_in(guest_settings, name);
  return found != NULL ? found : find_in(kernel_settings, name);
}

static uint64_t maximum_of(const struct setting *setting) {
  return setting->maximum_now != NULL ? setting->maximum_now() : setting->maximum;
}

static bool parse(const struct setting *setting, const char *word, uint64_t *value) {
  if (setting->choices == NULL) return word_to_number(word, maximum_of(setting), value) && *value >= setting->minimum;
  for (uint64_t i = 0; i <= setting->maximum; i++) {
    if (!words_equal(setting->choices[i], word)) continue;
    *value = i;
    return true;
  }
  return false;
}

// True when the setting took the value; else has printed one error line.
static bool apply(const struct setting *setting, const char *word) {
  uint64_t value = 0;
  if (!parse(setting, word, &value)) {
    print("error: %s takes ", setting->name);
    if (setting->choices == NULL) print("a whole number from %lu to %lu", setting->minimum, maximum_of(setting));
    for (uint64_t i = 0; setting->choices != NULL && i <= setting->maximum; i++) {
      print("%s%s", i == 0 ? "" : " or ", setting->choices[i]);
    }
    print(", not %s\n", word);
    return false;
  }
  const char *error = setting->change == NULL ? NULL : setting->change(value);
  if (error != NULL) {
    print("error: %s %s: %s\n", setting->name, word, error);
    return false;
  }
  *setting->value = value;
  return true;
}

static void print_value(const struct setting *setting) {
  if (setting->choices != NULL) print("%s", setting->choices[*setting->value]);
  else print("%lu", *setting->value);
}

static bool boot_argument(char *word) {
  char *equals = word;
  while (*equals != '\0' && *equals != '=') equals++;
  if (*equals == '\0') {
    print("error: boot argument %s is not of the form key=value\n", word);
    return false;
  }
  *equals = '\0';
  if (words_equal(word, "name")) {
    machine_name = equals + 1;
    return true;
  }
  const struct setting *setting = find(word);
  if (setting == NULL) {
    print("error: no boot argument is called %s; there are: name", word);
    for (const struct setting *known = kernel_settings; known->name != NULL; known++) print(" %s", known->name);
    for (const struct setting *known = guest_settings; known->name != NULL; known++) print(" %s", known->name);
    print("\n");
    return false;
  }
  return apply(setting, equals + 1);
}

void settings_boot(char *boot_arguments) {
  char *words[ARGUMENTS_MAX];
  int count = words_split(boot_arguments, words, ARGUMENTS_MAX);
  bool all_good = count >= 0;
  if (count < 0) print("error: more than %d boot arguments\n", ARGUMENTS_MAX);
  for (int i = 0; i < count && all_good; i++) all_good = boot_argument(words[i]);
  if (!all_good) power_off_fail(EXIT_BAD_ARGUMENT);
}

bool settings_command(int count, char **words) {
  const struct setting *setting = find(words[0]);
  if (setting == NULL) return false;
  if (count > 2) {
    print("error: %s takes one value\n", setting->name);
  } else if (count == 1) {
    print("%s ", setting->name);
    print_value(setting);
    print("\n");
  } else if (setting->only_at_boot) {
    print("error: %s can only be set by a boot argument\n", setting->name);
  } else if (apply(setting, words[1])) {
    print("ok %s ", setting->name);
    print_value(setting);
    print("\n");
  }
  return true;
}

void settings_print(void) {
  for (const struct setting *setting = guest_settings; setting->name != NULL; setting++) {
    print(" %s=", setting->name);
    print_value(setting);
  }
}
