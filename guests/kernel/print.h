#pragma once

// Formatted output on the console: %c %s %d %u %x %%, with the length modifier l, a width and zero padding (%016lx).
// A newline is sent as carriage return and newline.
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
