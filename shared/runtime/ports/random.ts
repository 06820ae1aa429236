// Chance as a value: every random number comes from a seeded stream, so that a run can be repeated. Streams are forked by
// name, so that a new consumer does not shift the numbers that the others draw.

export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  float(): number;
  /** Uniform integer in [0, bound), bound in 1..2^32. */
  below(bound: number): number;
  /** True with probability p. */
  chance(p: number): boolean;
  /** An independent stream that depends only on this stream's seed and the name, not on how much was drawn. */
  fork(name: string): Random;
}
