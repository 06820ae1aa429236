// Registers and bits of the 16550A (National Semiconductor PC16550D data sheet, section 8), by the names drivers use.

/** Receive buffer (read), transmit holding (write); the low half of the divisor while DLAB is set. */
export const RBR_THR_DLL = 0;
/** Interrupt enable; the high half of the divisor while DLAB is set. */
export const IER_DLM = 1;
/** Interrupt identification (read), FIFO control (write). */
export const IIR_FCR = 2;
export const LCR = 3;
export const MCR = 4;
export const LSR = 5;
export const MSR = 6;
export const SCR = 7;

export const IER_RECEIVE = 0x01;
export const IER_TRANSMIT = 0x02;
export const IER_LINE_STATUS = 0x04;
export const IER_MODEM_STATUS = 0x08;
export const IER_MASK = 0x0f;

export const IIR_NONE = 0x01;
export const IIR_TRANSMIT = 0x02;
export const IIR_RECEIVE = 0x04;
export const IIR_LINE_STATUS = 0x06;
export const IIR_TIMEOUT = 0x0c;
export const IIR_FIFOS = 0xc0;

export const FCR_ENABLE = 0x01;
export const FCR_CLEAR_RECEIVE = 0x02;
export const FCR_CLEAR_TRANSMIT = 0x04;
/** FIFO enable, DMA mode and trigger level; the clear bits do not stay. */
export const FCR_STICKY = 0xc9;

export const LCR_DLAB = 0x80;

export const MCR_DTR = 0x01;
export const MCR_RTS = 0x02;
export const MCR_OUT1 = 0x04;
export const MCR_OUT2 = 0x08;
export const MCR_LOOP = 0x10;
export const MCR_MASK = 0x1f;

export const LSR_DATA_READY = 0x01;
export const LSR_OVERRUN = 0x02;
export const LSR_BREAK = 0x10;
export const LSR_ERRORS = 0x1e;
export const LSR_THR_EMPTY = 0x20;
export const LSR_TRANSMITTER_EMPTY = 0x40;

/** Clear to send, data set ready, carrier detect: a cable whose other end is always there. */
export const MSR_CONNECTED = 0xb0;
