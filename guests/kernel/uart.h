// The 16550 UART: what the console is made of.
#pragma once

#include <stdbool.h>
#include <stdint.h>

void uart_start(void);

// Sends one byte; waits in WFI while the other end takes nothing.
void uart_put(char byte);

// Waits until everything sent has left the UART.
void uart_flush(void);

// Received bytes wait here until they are taken; costs one load.
bool uart_has_input(void);

// Takes the next received byte. Only when there is one.
char uart_take(void);

void uart_interrupt(void);

// From here on output waits by polling: for messages from inside a trap.
void uart_polled_only(void);
