// Front door of the guest programs: their names, where the images are, and what the ones with a right answer must say.

export { BATCH_DEFAULTS, expectedBatchChecksum } from './batch/expected.ts';
export { expectedBurnState } from './burn/expected.ts';
export { GUEST_BUILD_URL, GUEST_NAMES, type GuestName, guestImageUrl, type TestGuestName } from './guest-names.ts';
