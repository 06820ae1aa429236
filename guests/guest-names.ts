// Which guest programs there are and where their images lie. Reading a file is the caller's business: only services'
// main.ts, tools and tests touch the file system.

export const GUEST_NAMES = ['batch', 'burn', 'dirty', 'idle'] as const;

export type GuestName = (typeof GUEST_NAMES)[number];

/** The folder of the built, committed images. */
export const GUEST_BUILD_URL = new URL('./build/', import.meta.url);

export function guestImageUrl(name: GuestName): URL {
  return new URL(`${name}.elf`, GUEST_BUILD_URL);
}
