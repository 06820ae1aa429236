#pragma once

#include <stdbool.h>

// True when console input waits to be looked at; costs one load, so that busy loops can ask often.
bool console_pending(void);

// Reads what has arrived and answers each complete line with one line.
void console_poll(void);
