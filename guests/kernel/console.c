// The line console: collects bytes to a line, cuts it into words, and runs the command or setting it names. Carriage
// return, newline, and both together end a line; backspace takes back a byte; every line gets exactly one in answer.
#include "console.h"

#include <stddef.h>

#include "guest.h"
#include "power.h"
#include "print.h"
#include "uart.h"
#include "words.h"

#define LINE_BYTES_MAX 127
#define WORDS_MAX 8
#define BACKSPACE 0x08
#define DELETE 0x7f

static char line[LINE_BYTES_MAX + 1];
static unsigned line_bytes;
static bool line_too_long;
static char previous;

static void run_ping(int count, char **words) {
  (void)count;
  (void)words;
  print("pong\n");
}

static void run_shutdown(int count, char **words) {
  (void)count;
  (void)words;
  print("ok shutdown\n");
  power_off_pass();
}

static void run_help(int count, char **words);

static const struct command kernel_commands[] = {
    {"ping", run_ping},
    {"help", run_help},
    {"shutdown", run_shutdown},
    {NULL, NULL},
};

static void run_help(int count, char **words) {
  (void)count;
  (void)words;
  print("commands:");
  for (const struct command *known = kernel_commands; known->name != NULL; known++) print(" %s", known->name);
  for (const struct command *known = guest_commands; known->name != NULL; known++) print(" %s", known->name);
  print("; settings:");
  for (const struct setting *known = kernel_settings; known->name != NULL; known++) print(" %s", known->name);
  for (const struct setting *known = guest_settings; known->name != NULL; known++) print(" %s", known->name);
  print("\n");
}

static const struct command *find(const struct command *table, const char *name) {
  for (; table->name != NULL; table++) {
    if (words_equal(table->name, name)) return table;
  }
  return NULL;
}

static void run_line(void) {
  char *words[WORDS_MAX];
  int count = words_split(line, words, WORDS_MAX);
  if (count == 0) return;
  if (count < 0) {
    print("error: more than %d words\n", WORDS_MAX);
    return;
  }
  const struct command *command = find(guest_commands, words[0]);
  if (command == NULL) command = find(kernel_commands, words[0]);
  if (command != NULL) command->run(count - 1, words + 1);
  else if (!settings_command(count, words)) print("error: unknown command %s; try help\n", words[0]);
}

static void end_line(void) {
  if (console_echo) print("\n");
  line[line_bytes] = '\0';
  line_bytes = 0;
  bool too_long = line_too_long;
  line_too_long = false;
  if (too_long) print("error: line longer than %d characters\n", LINE_BYTES_MAX);
  else run_line();
}

static void take_byte(char byte) {
  bool second_half = byte == '\n' && previous == '\r';
  previous = byte;
  if (second_half) return;
  if (byte == '\r' || byte == '\n') {
    end_line();
  } else if (byte == BACKSPACE || byte == DELETE) {
    if (line_bytes == 0) return;
    line_bytes--;
    if (console_echo) print("\b \b");
  } else if (line_bytes == LINE_BYTES_MAX) {
    line_too_long = true;
  } else {
    line[line_bytes++] = byte;
    if (console_echo) print("%c", byte);
  }
}

bool console_pending(void) { return uart_has_input(); }

void console_poll(void) {
  while (uart_has_input()) take_byte(uart_take());
}
