// A driver of virtio devices over MMIO version 2 (Virtual I/O Device specification 1.1): handshake and split queues,
// with or without indirect descriptors and event indices.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define VIRTIO_ADDRESS(slot) (0x10001000UL + 0x1000UL * (slot))
#define VIRTIO_SOURCE(slot) (1 + (slot))
#define VIRTIO_SLOTS 8

#define VIRTIO_INDIRECT (1U << 28)
#define VIRTIO_EVENT_INDEX (1U << 29)
#define VIRTIO_STATUS 0x70
#define VIRTIO_INTERRUPT_STATUS 0x60
#define VIRTIO_CONFIG 0x100

#define QUEUE_SIZE 16

struct piece {
  void *at;
  uint32_t bytes;
  bool is_writable;
};

struct descriptor {
  uint64_t address;
  uint32_t bytes;
  uint16_t flags;
  uint16_t next;
};

struct queue {
  struct descriptor descriptors[QUEUE_SIZE] __attribute__((aligned(16)));
  struct {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[QUEUE_SIZE];
    uint16_t used_event;
  } available __attribute__((aligned(2)));
  struct {
    uint16_t flags;
    uint16_t index;
    struct {
      uint32_t head;
      uint32_t bytes;
    } ring[QUEUE_SIZE];
    uint16_t available_event;
  } used __attribute__((aligned(4)));
  struct descriptor table[QUEUE_SIZE] __attribute__((aligned(16)));
  uint16_t next_descriptor;
  uint16_t seen;
  unsigned slot;
  unsigned number;
  bool is_indirect;
};

// Interrupts of each slot so far.
extern volatile uint32_t virtio_interrupts[VIRTIO_SLOTS];
// What the last interrupt of each slot was about.
extern volatile uint32_t virtio_causes[VIRTIO_SLOTS];

uint32_t virtio_read(unsigned slot, unsigned offset);
void virtio_write(unsigned slot, unsigned offset, uint32_t value);

// Resets the device and accepts these features of those it offers, and version 1.
void virtio_begin(unsigned slot, uint32_t features);
void virtio_queue(struct queue *queue, unsigned slot, unsigned number, bool is_indirect);
void virtio_ready(unsigned slot);

// Puts a chain into the queue, and notifies the device.
void queue_put(struct queue *queue, const struct piece *pieces, unsigned count);
void queue_notify(const struct queue *queue);
// Sleeps until the oldest chain has come back; answers how many bytes were written into it.
uint32_t queue_wait(struct queue *queue);

void virtio_interrupt(uint32_t source);
