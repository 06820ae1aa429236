// Which guest programs there are and where their images lie. Reading a file is the caller's business: only services'
// main.ts, tools and tests touch the file system.

export const GUEST_NAMES = ['batch', 'burn', 'dirty', 'idle'] as const;

export type GuestName = (typeof GUEST_NAMES)[number];

/**
 * Programs that only tests run. They have traps of their own, and so take these parts of the kernel and not the whole: `devices`
 * exercises every device of the board and says what it saw.
 */
export const TEST_GUESTS = { devices: ['start.S', 'memory-functions.c', 'print.c'] } as const;

export type TestGuestName = keyof typeof TEST_GUESTS;

/** The folder of the built, committed images. */
export const GUEST_BUILD_URL = new URL('./build/', import.meta.url);

export function guestImageUrl(name: GuestName | TestGuestName): URL {
  return new URL(`${name}.elf`, GUEST_BUILD_URL);
}
