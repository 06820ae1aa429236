/* CRC-32 by table and a multiply-xorshift hash over one buffer: shifts, masks, byte loads. */
#include "kernel.h"

#define BYTES 65536
#define ROUNDS 300

static u32 table[256];
static u8 buffer[BYTES];

int main(void) {
  for (u32 i = 0; i < 256; i++) {
    u32 crc = i;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
    table[i] = crc;
  }
  u32 state = 3;
  for (u32 i = 0; i < BYTES; i++) buffer[i] = (u8)next_random(&state);
  u32 crc = ~0u;
  u64 hash = 0;
  for (u32 round = 0; round < ROUNDS; round++) {
    for (u32 i = 0; i < BYTES; i++) crc = table[(crc ^ buffer[i]) & 255] ^ (crc >> 8);
    const u64 *words = (const u64 *)buffer;
    for (u32 i = 0; i < BYTES / 8; i++) {
      hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ul;
      hash ^= hash >> 29;
    }
  }
  print_checksum(hash ^ crc);
  return 0;
}
