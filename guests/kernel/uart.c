// Driver of the 16550 UART (National Semiconductor PC16550D). Input is interrupt-driven into a ring; when the ring is
// full the receive interrupt is switched off and bytes stay with the sender, so nothing is lost. Output looks at the
// line status before each byte and sleeps until the transmitter is empty when the other end is slow.
#include "uart.h"

#include "board.h"
#include "csr.h"
#include "timer.h"

#define UART_DATA (UART_ADDRESS + 0)
#define UART_IER (UART_ADDRESS + 1)
#define UART_IIR (UART_ADDRESS + 2)
#define UART_FCR (UART_ADDRESS + 2)
#define UART_LCR (UART_ADDRESS + 3)
#define UART_MCR (UART_ADDRESS + 4)
#define UART_LSR (UART_ADDRESS + 5)

#define IER_RECEIVED 1
#define IER_TRANSMITTER_EMPTY 2
#define FCR_ENABLE_AND_CLEAR 7
#define LCR_8N1 3
#define MCR_DTR_RTS_OUT2 0x0b
#define LSR_DATA_READY 0x01
#define LSR_TRANSMITTER_EMPTY 0x20
#define LSR_ALL_SENT 0x40

// Chosen: the longest line twice over. A power of two.
#define RING_BYTES 256

// Chosen: how long a blocked sender sleeps at most before it looks again, should its interrupt be lost.
#define LOOK_AGAIN_PER_SECOND 100

static volatile uint32_t received;  // bytes ever put in the ring
static volatile uint32_t taken;     // bytes ever taken from it
static volatile uint8_t interrupts_wanted;
static bool polled_only;
static char ring[RING_BYTES];

static void want_interrupts(uint8_t wanted) {
  interrupts_wanted = wanted;
  write8(UART_IER, wanted);
}

static void receive(void) {
  ring[received % RING_BYTES] = (char)read8(UART_DATA);
  received = received + 1;
}

void uart_start(void) {
  write8(UART_LCR, LCR_8N1);
  // Enabling the FIFO discards what came before; keep it.
  while (read8(UART_LSR) & LSR_DATA_READY && received < RING_BYTES) receive();
  write8(UART_FCR, FCR_ENABLE_AND_CLEAR);
  write8(UART_MCR, MCR_DTR_RTS_OUT2);
  want_interrupts(IER_RECEIVED);
}

void uart_polled_only(void) { polled_only = true; }

void uart_interrupt(void) {
  read8(UART_IIR);  // acknowledges "transmitter empty"
  uint8_t wanted = interrupts_wanted & (uint8_t)~IER_TRANSMITTER_EMPTY;
  while (read8(UART_LSR) & LSR_DATA_READY) {
    if (received - taken == RING_BYTES) {
      wanted &= (uint8_t)~IER_RECEIVED;
      break;
    }
    receive();
  }
  if (wanted != interrupts_wanted) want_interrupts(wanted);
}

bool uart_has_input(void) { return received != taken; }

char uart_take(void) {
  char byte = ring[taken % RING_BYTES];
  taken = taken + 1;
  if (!(interrupts_wanted & IER_RECEIVED)) {
    interrupts_off();
    want_interrupts(interrupts_wanted | IER_RECEIVED);
    interrupts_on();
  }
  return byte;
}

static void wait_for_transmitter(uint8_t condition) {
  while (!(read8(UART_LSR) & condition)) {
    if (polled_only) continue;
    timer_arm(timer_now() + ticks_per_second / LOOK_AGAIN_PER_SECOND);
    interrupts_off();
    want_interrupts(interrupts_wanted | IER_TRANSMITTER_EMPTY);
    wait_for_interrupt();
    interrupts_on();
  }
}

void uart_put(char byte) {
  wait_for_transmitter(LSR_TRANSMITTER_EMPTY);
  write8(UART_DATA, (uint8_t)byte);
}

void uart_flush(void) { wait_for_transmitter(LSR_ALL_SENT); }
