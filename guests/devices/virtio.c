// See virtio.h. Written plainly: one chain is in the air at a time, except where a caller puts more.
#include "virtio.h"

#include "board.h"
#include "machine.h"

#define FLAG_NEXT 1
#define FLAG_WRITE 2
#define FLAG_INDIRECT 4

static inline void fence(void) { __asm__ volatile("fence iorw, iorw" ::: "memory"); }

volatile uint32_t virtio_interrupts[VIRTIO_SLOTS];
volatile uint32_t virtio_causes[VIRTIO_SLOTS];

uint32_t virtio_read(unsigned slot, unsigned offset) { return read32(VIRTIO_ADDRESS(slot) + offset); }
void virtio_write(unsigned slot, unsigned offset, uint32_t value) { write32(VIRTIO_ADDRESS(slot) + offset, value); }

void virtio_interrupt(uint32_t source) {
  unsigned slot = source - 1;
  uint32_t causes = virtio_read(slot, VIRTIO_INTERRUPT_STATUS);
  virtio_write(slot, 0x64, causes);
  virtio_causes[slot] = causes;
  virtio_interrupts[slot] = virtio_interrupts[slot] + 1;
}

void virtio_begin(unsigned slot, uint32_t features) {
  virtio_write(slot, VIRTIO_STATUS, 0);
  virtio_write(slot, VIRTIO_STATUS, 1 | 2);
  virtio_write(slot, 0x14, 0);
  uint32_t offered = virtio_read(slot, 0x10);
  virtio_write(slot, 0x24, 0);
  virtio_write(slot, 0x20, offered & features);
  virtio_write(slot, 0x24, 1);
  virtio_write(slot, 0x20, 1);
  virtio_write(slot, VIRTIO_STATUS, 1 | 2 | 8);
  interrupt_enable(VIRTIO_SOURCE(slot));
}

static void write_address(unsigned slot, unsigned offset, const volatile void *address) {
  virtio_write(slot, offset, (uint32_t)(uintptr_t)address);
  virtio_write(slot, offset + 4, (uint32_t)((uintptr_t)address >> 32));
}

void virtio_queue(struct queue *queue, unsigned slot, unsigned number, bool is_indirect) {
  *queue = (struct queue){.slot = slot, .number = number, .is_indirect = is_indirect};
  virtio_write(slot, 0x30, number);
  virtio_write(slot, 0x38, QUEUE_SIZE);
  write_address(slot, 0x80, queue->descriptors);
  write_address(slot, 0x90, &queue->available);
  write_address(slot, 0xa0, &queue->used);
  virtio_write(slot, 0x44, 1);
}

void virtio_ready(unsigned slot) { virtio_write(slot, VIRTIO_STATUS, 1 | 2 | 4 | 8); }

static void describe(struct descriptor *descriptor, const struct piece *piece, bool is_last, uint16_t next) {
  descriptor->address = (uintptr_t)piece->at;
  descriptor->bytes = piece->bytes;
  descriptor->flags = (uint16_t)((piece->is_writable ? FLAG_WRITE : 0) | (is_last ? 0 : FLAG_NEXT));
  descriptor->next = next;
}

void queue_put(struct queue *queue, const struct piece *pieces, unsigned count) {
  uint16_t head = queue->next_descriptor % QUEUE_SIZE;
  if (queue->is_indirect) {
    for (unsigned i = 0; i < count; i++) describe(&queue->table[i], &pieces[i], i + 1 == count, (uint16_t)(i + 1));
    queue->descriptors[head] = (struct descriptor){(uintptr_t)queue->table, count * 16, FLAG_INDIRECT, 0};
    queue->next_descriptor++;
  } else {
    for (unsigned i = 0; i < count; i++) {
      uint16_t next = (uint16_t)((head + i + 1) % QUEUE_SIZE);
      describe(&queue->descriptors[(head + i) % QUEUE_SIZE], &pieces[i], i + 1 == count, next);
    }
    queue->next_descriptor = (uint16_t)(queue->next_descriptor + count);
  }
  queue->available.ring[queue->available.index % QUEUE_SIZE] = head;
  queue->available.used_event = queue->seen;
  fence();
  *(volatile uint16_t *)&queue->available.index = (uint16_t)(queue->available.index + 1);
}

void queue_notify(const struct queue *queue) {
  fence();
  virtio_write(queue->slot, 0x50, queue->number);
}

uint32_t queue_wait(struct queue *queue) {
  while (*(volatile uint16_t *)&queue->used.index == queue->seen) {
    wait_for_change(&virtio_interrupts[queue->slot], virtio_interrupts[queue->slot]);
  }
  fence();
  uint32_t bytes = queue->used.ring[queue->seen % QUEUE_SIZE].bytes;
  queue->seen++;
  return bytes;
}
