#pragma once

// Sends by interrupts, and receives in loopback.
void uart_exercise(void);

// Waits for a line from outside, by interrupts.
const char *uart_read_line(void);
