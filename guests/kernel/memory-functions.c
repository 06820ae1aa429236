// The four functions that GCC may call from any freestanding program (GCC manual, "Language Standards Supported").
// Compiled with -fno-tree-loop-distribute-patterns, or GCC would make each call itself.
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);

void *memcpy(void *to, const void *from, size_t bytes) {
  char *target = to;
  const char *source = from;
  while (bytes-- > 0) *target++ = *source++;
  return to;
}

void *memmove(void *to, const void *from, size_t bytes) {
  char *target = to;
  const char *source = from;
  if (target <= source) return memcpy(to, from, bytes);
  while (bytes-- > 0) target[bytes] = source[bytes];
  return to;
}

void *memset(void *to, int value, size_t bytes) {
  char *target = to;
  while (bytes-- > 0) *target++ = (char)value;
  return to;
}

int memcmp(const void *left, const void *right, size_t bytes) {
  const uint8_t *a = left;
  const uint8_t *b = right;
  for (; bytes > 0; bytes--, a++, b++) {
    if (*a != *b) return *a - *b;
  }
  return 0;
}
