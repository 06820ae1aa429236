// Words and numbers read strictly: what is not exactly a number in range is refused, never guessed at.
#include "words.h"

#include <stddef.h>

bool words_equal(const char *left, const char *right) {
  while (*left != '\0' && *left == *right) {
    left++;
    right++;
  }
  return *left == *right;
}

int words_split(char *text, char **words, int limit) {
  int count = 0;
  for (;;) {
    while (*text == ' ' || *text == '\t') *text++ = '\0';
    if (*text == '\0') return count;
    if (count == limit) return -1;
    words[count++] = text;
    while (*text != '\0' && *text != ' ' && *text != '\t') text++;
  }
}

bool word_to_number(const char *word, uint64_t maximum, uint64_t *value) {
  uint64_t number = 0;
  if (*word == '\0') return false;
  for (; *word != '\0'; word++) {
    if (*word < '0' || *word > '9') return false;
    uint64_t digit = (uint64_t)(*word - '0');
    if (number > (UINT64_MAX - digit) / 10) return false;
    number = number * 10 + digit;
  }
  if (number > maximum) return false;
  *value = number;
  return true;
}
