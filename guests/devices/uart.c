// The UART of the device exerciser: polled for print, by interrupts where that is what is tried.
#include "uart.h"

#include <stddef.h>

#include "board.h"
#include "machine.h"
#include "print.h"
#include "uart-exercise.h"

#define UART_DATA (UART_ADDRESS + 0)
#define UART_IER (UART_ADDRESS + 1)
#define UART_IIR (UART_ADDRESS + 2)
#define UART_FCR (UART_ADDRESS + 2)
#define UART_LCR (UART_ADDRESS + 3)
#define UART_MCR (UART_ADDRESS + 4)
#define UART_LSR (UART_ADDRESS + 5)
#define UART_MSR (UART_ADDRESS + 6)

#define IER_RECEIVED 1
#define IER_TRANSMITTER_EMPTY 2
#define LINE_BYTES_MAX 64

static const char *volatile sending;
static volatile uint32_t sends_left;
static volatile uint32_t lines_received;
static char line[LINE_BYTES_MAX + 1];
static volatile uint32_t line_bytes;
static volatile uint32_t loop_bytes;

void uart_put(char byte) {
  while (!(read8(UART_LSR) & 0x20)) continue;
  write8(UART_DATA, (uint8_t)byte);
}

static void take_byte(char byte) {
  loop_bytes = loop_bytes + 1;
  if (byte == '\n' || byte == '\r') lines_received = lines_received + 1;
  else if (line_bytes < LINE_BYTES_MAX) {
    line[line_bytes] = byte;
    line_bytes = line_bytes + 1;
  }
}

void uart_interrupt(void) {
  for (uint8_t cause; ((cause = read8(UART_IIR)) & 1) == 0;) {
    if ((cause & 0xf) == 2) {
      if (*sending == '\0') {
        write8(UART_IER, 0);
        sends_left = 0;
      } else {
        write8(UART_DATA, (uint8_t)*sending);
        sending = sending + 1;
      }
    }
    while (read8(UART_LSR) & 1) take_byte((char)read8(UART_DATA));
  }
}

static void send_by_interrupts(const char *text) {
  sending = text;
  sends_left = 1;
  write8(UART_IER, IER_TRANSMITTER_EMPTY);
  wait_for_change(&sends_left, 1);
}

// Sends bytes to itself; the FIFO asks for service at eight, and by its timeout for the rest.
static void exercise_loopback(void) {
  static const char text[] = "around the loop";
  line_bytes = 0;
  loop_bytes = 0;
  write8(UART_FCR, 0x87);
  write8(UART_MCR, 0x1b);
  write8(UART_IER, IER_RECEIVED);
  for (const char *at = text; *at != '\0'; at++) write8(UART_DATA, (uint8_t)*at);
  for (uint32_t had = 0; had < sizeof text - 1; had = loop_bytes) wait_for_change(&loop_bytes, had);
  write8(UART_IER, 0);
  uint8_t status = read8(UART_MSR);
  write8(UART_MCR, 0x0b);
  line[line_bytes] = '\0';
  print("loopback: %s; modem status in it %x, outside %x\n", line, status, read8(UART_MSR));
}

void uart_exercise(void) {
  write8(UART_LCR, 3);
  write8(UART_FCR, 7);
  interrupt_enable(UART_SOURCE);
  uint32_t before = interrupts_seen[UART_SOURCE];
  send_by_interrupts("sent by interrupts\r\n");
  print("uart interrupted: %s\n", interrupts_seen[UART_SOURCE] > before ? "yes" : "no");
  exercise_loopback();
}

const char *uart_read_line(void) {
  line_bytes = 0;
  uint32_t had = lines_received;
  write8(UART_FCR, 0x81);
  write8(UART_IER, IER_RECEIVED);
  print("type a line\n");
  wait_for_change(&lines_received, had);
  write8(UART_IER, 0);
  line[line_bytes] = '\0';
  return line;
}
