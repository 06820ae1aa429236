// Exercises the block device: writes, reads back, flushes, asks for its identity, asks for what cannot be, and at last
// breaks a rule.
#include "block.h"

#include "machine.h"
#include "print.h"
#include "virtio.h"

#define SLOT 0
#define SECTOR_BYTES 512
#define SECTORS_MAX 16

#define TYPE_READ 0
#define TYPE_WRITE 1
#define TYPE_FLUSH 4
#define TYPE_IDENTITY 8

#define FEATURE_FLUSH (1U << 9)

static struct queue queue;
static struct {
  uint32_t type;
  uint32_t reserved;
  uint64_t sector;
} header;
static uint8_t status;
static uint8_t written[SECTORS_MAX * SECTOR_BYTES];
static uint8_t read_back[SECTORS_MAX * SECTOR_BYTES];

// FNV-1a.
static uint32_t hash(const uint8_t *bytes, uint32_t count) {
  uint32_t value = 2166136261U;
  while (count-- > 0) value = (value ^ *bytes++) * 16777619U;
  return value;
}

// One request with its data in up to three pieces. Answers the length that the device reported.
static uint32_t request(uint32_t type, uint64_t sector, uint8_t *data, uint32_t bytes, unsigned cuts) {
  struct piece pieces[5];
  unsigned count = 0;
  header.type = type;
  header.sector = sector;
  status = 0xee;
  pieces[count++] = (struct piece){&header, sizeof header, false};
  for (uint32_t at = 0; at < bytes;) {
    uint32_t piece = cuts > 1 && bytes - at > 100 ? 100 * cuts : bytes - at;
    if (piece > bytes - at) piece = bytes - at;
    pieces[count++] = (struct piece){data + at, piece, type != TYPE_WRITE};
    at += piece;
    if (cuts > 0) cuts--;
  }
  pieces[count++] = (struct piece){&status, 1, true};
  queue_put(&queue, pieces, count);
  queue_notify(&queue);
  return queue_wait(&queue);
}

static void report(const char *what, uint32_t length) {
  print("block %s: status %d, length %u\n", what, status, length);
}

static void rounds(void) {
  uint32_t seed = 1;
  uint32_t sum = 0;
  unsigned wrong = 0;
  for (unsigned round = 0; round < 40; round++) {
    seed = seed * 1664525U + 1013904223U;
    uint32_t sectors = 1 + (seed >> 24) % 8;
    uint64_t sector = (seed >> 16) % 64;
    uint32_t bytes = sectors * SECTOR_BYTES;
    for (uint32_t i = 0; i < bytes; i++) written[i] = (uint8_t)(seed >> (i % 24)) ^ (uint8_t)i;
    request(TYPE_WRITE, sector, written, bytes, round % 4);
    wrong += status != 0;
    request(TYPE_READ, sector, read_back, bytes, (round + 1) % 4);
    wrong += status != 0 || hash(written, bytes) != hash(read_back, bytes);
    sum = sum * 31 + hash(read_back, bytes);
  }
  print("block rounds: wrong %u, sum %x\n", wrong, sum);
}

static void start(uint32_t features) {
  virtio_begin(SLOT, features | FEATURE_FLUSH);
  virtio_queue(&queue, SLOT, 0, (features & VIRTIO_INDIRECT) != 0);
  virtio_ready(SLOT);
}

void block_exercise(void) {
  uint32_t sectors = virtio_read(SLOT, VIRTIO_CONFIG);
  print("block capacity %u sectors of %u bytes\n", sectors, virtio_read(SLOT, VIRTIO_CONFIG + 20));
  static const uint32_t variants[] = {0, VIRTIO_INDIRECT, VIRTIO_EVENT_INDEX, VIRTIO_INDIRECT | VIRTIO_EVENT_INDEX};
  for (unsigned i = 0; i < sizeof variants / sizeof *variants; i++) {
    start(variants[i]);
    rounds();
  }
  report("flush", request(TYPE_FLUSH, 0, 0, 0, 0));
  report("identity", request(TYPE_IDENTITY, 0, read_back, 20, 0));
  print("block is %s\n", (const char *)read_back);
  report("past the end", request(TYPE_READ, 1UL << 40, read_back, SECTOR_BYTES, 0));
  report("of half a sector", request(TYPE_READ, 0, read_back, 100, 0));
  report("unknown", request(99, 0, 0, 0, 0));

  // A head that is no descriptor.
  start(0);
  uint32_t had = virtio_interrupts[SLOT];
  queue.available.ring[0] = QUEUE_SIZE;
  queue.available.index = 1;
  queue_notify(&queue);
  wait_for_change(&virtio_interrupts[SLOT], had);
  print("block misled: status %x, interrupt %x\n", virtio_read(SLOT, VIRTIO_STATUS), virtio_causes[SLOT]);
  start(0);
  report("after its reset", request(TYPE_READ, 0, read_back, SECTOR_BYTES, 0));
}
