// What the burn guest's state must be after so many iterations: the loop of burn-loop.S in another language. A guest
// whose registers were lost or repeated on the way to another host shows another state.

const MASK = (1n << 64n) - 1n;
const FACTOR = 0x9e3779b97f4a7c15n;

/** The 16 hexadecimal digits of `state=` after `iterations` iterations; slow, for tens of thousands of them. */
export function expectedBurnState(iterations: number): string {
  let state = 1n;
  for (let i = 0; i < iterations; i++) state = iterate(state);
  return state.toString(16).padStart(16, '0');
}

function iterate(before: bigint): bigint {
  let state = before;
  state ^= (state << 13n) & MASK;
  state ^= state >> 7n;
  state ^= (state << 17n) & MASK;
  const product = state * FACTOR;
  const low = product & MASK;
  const high = product >> 64n;
  const sum = (low + high) & MASK;
  const carry = sum < low ? 1n : 0n;
  const doubled = ((sum << 1n) & MASK) | carry;
  const mixed = ((low ^ high) + carry - doubled) & MASK;
  return (state + (mixed ^ (mixed >> 32n))) & MASK;
}
