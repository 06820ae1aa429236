#pragma once

#include <stdint.h>

#define SHA256_BYTES 32

// SHA-256 (FIPS 180-4) of `bytes` bytes, a multiple of 64. Looks at the console now and then.
void sha256(const void *start, uint64_t bytes, uint8_t digest[SHA256_BYTES]);

// FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923), carried on from `hash`.
#define FNV_START 0xcbf29ce484222325UL
uint64_t fnv1a(uint64_t hash, const uint8_t *bytes, uint64_t count);
