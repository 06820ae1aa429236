// A small printf: the conversions that guests use, no floating point, no allocation.
#include "print.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "uart.h"

static void put(char byte) {
  if (byte == '\n') uart_put('\r');
  uart_put(byte);
}

static void put_text(const char *text) {
  while (*text != '\0') put(*text++);
}

static void put_number(uint64_t value, unsigned base, unsigned width, char padding) {
  char digits[20];
  unsigned count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  for (; width > count; width--) put(padding);
  while (count > 0) put(digits[--count]);
}

void print(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  for (; *format != '\0'; format++) {
    if (*format != '%') {
      put(*format);
      continue;
    }
    format++;
    char padding = *format == '0' ? '0' : ' ';
    unsigned width = 0;
    while (*format >= '0' && *format <= '9') width = width * 10 + (unsigned)(*format++ - '0');
    bool is_long = *format == 'l';
    if (is_long) format++;
    switch (*format) {
      case 'c':
        put((char)va_arg(arguments, int));
        break;
      case 's':
        put_text(va_arg(arguments, const char *));
        break;
      case 'd': {
        int64_t value = is_long ? va_arg(arguments, long) : va_arg(arguments, int);
        if (value < 0) put('-');
        put_number(value < 0 ? -(uint64_t)value : (uint64_t)value, 10, width, padding);
        break;
      }
      case 'u':
      case 'x': {
        uint64_t value = is_long ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned);
        put_number(value, *format == 'x' ? 16 : 10, width, padding);
        break;
      }
      default:
        put(*format);
    }
  }
  va_end(arguments);
}
