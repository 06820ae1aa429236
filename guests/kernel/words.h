// Text cut into words: for console lines and boot arguments.
#pragma once

#include <stdbool.h>
#include <stdint.h>

bool words_equal(const char *left, const char *right);

// Cuts `text` in place at spaces and tabs; answers the number of words, or -1 when there are more than `limit`.
int words_split(char *text, char **words, int limit);

// A whole number, decimal digits only, no larger than `maximum`. False leaves `value` alone.
bool word_to_number(const char *word, uint64_t maximum, uint64_t *value);
