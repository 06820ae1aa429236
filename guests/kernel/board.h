// The addresses and numbers of QEMU's `virt` board that a guest uses (hw/riscv/virt.c). The Lightsout machine has the
// same devices at the same places, so one image runs on both.
#pragma once

#include <stdint.h>

#define FINISHER_ADDRESS 0x00100000UL
#define CLINT_ADDRESS 0x02000000UL
#define PLIC_ADDRESS 0x0c000000UL
#define UART_ADDRESS 0x10000000UL

#define UART_SOURCE 10
#define PLIC_CONTEXT 0  // hart 0, M-mode

// Used when the device tree has no /cpus timebase-frequency.
#define TIMEBASE_HZ_DEFAULT 10000000UL

static inline uint8_t read8(uintptr_t address) { return *(volatile uint8_t *)address; }
static inline void write8(uintptr_t address, uint8_t value) { *(volatile uint8_t *)address = value; }
static inline uint32_t read32(uintptr_t address) { return *(volatile uint32_t *)address; }
static inline void write32(uintptr_t address, uint32_t value) { *(volatile uint32_t *)address = value; }
static inline uint64_t read64(uintptr_t address) { return *(volatile uint64_t *)address; }
static inline void write64(uintptr_t address, uint64_t value) { *(volatile uint64_t *)address = value; }
