import { sha256 } from "../../digest.ts";

/** Uniform numbers from 0 (included) to 1 (not). */
export type Random = () => number;

/**
 * A seeded generator: sfc32 (C. Doty-Humphrey, PractRand), 128 bits of state filled from SHA-256 of the seed. The same
 * seed gives the same numbers on every machine. Not for secrets.
 */
export function seededRandom(seed: string | number): Random {
  const digest = sha256(String(seed));
  const word = (index: number): number => Number.parseInt(digest.slice(index * 8, index * 8 + 8), 16) | 0;
  let a = word(0);
  let b = word(1);
  let c = word(2);
  let counter = word(3);
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round += 1) next();
  // 53 bits, as many as a number holds.
  return () => ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992;
}

/** A new array in random order (Fisher-Yates). */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const result = [...values];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const held = result[last] as T;
    result[last] = result[other] as T;
    result[other] = held;
  }
  return result;
}
