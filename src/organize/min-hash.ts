/**
 * MinHash with locality-sensitive hashing (Broder 1997; Leskovec, Rajaraman and Ullman, "Mining of Massive
 * Datasets", chapter 3). Two sets whose Jaccard index is J become a candidate with probability 1 - (1 - J^rows)^bands.
 */
export interface Bands {
  bands: number;
  /** Minima that have to be equal in a band. */
  rows: number;
  /** Members of one bucket that a text is compared with at most, the latest first: equal texts would be all pairs. */
  mostInBucket: number;
}

/** A pair of texts by their places; the first is the smaller. */
export type Pair = readonly [one: number, other: number];

/**
 * Pairs of sets of terms that share all minima of a band, each once, in order; empty sets are in none. Takes time in
 * proportion to the terms.
 */
export function likelyPairs(texts: readonly Int32Array[], { bands, rows, mostInBucket }: Bands): Pair[] {
  const hashes = bands * rows;
  const { factors, offsets } = hashFunctions(hashes);
  const signatures = new Uint32Array(texts.length * hashes).fill(0xff_ff_ff_ff);
  for (const [index, terms] of texts.entries()) {
    const start = index * hashes;
    for (const term of terms) {
      const element = mixed(term);
      for (let hash = 0; hash < hashes; hash += 1) {
        const value = mixedOnce((Math.imul(element, factors[hash] ?? 1) + (offsets[hash] ?? 0)) | 0);
        if (value < (signatures[start + hash] ?? 0)) signatures[start + hash] = value;
      }
    }
  }
  const found = new Set<number>();
  const count = texts.length;
  for (let band = 0; band < bands; band += 1) {
    const buckets = new Map<number, number[]>();
    for (let index = 0; index < count; index += 1) {
      if ((texts[index]?.length ?? 0) === 0) continue;
      let key = band;
      let low = 0;
      for (let row = 0; row < rows; row += 1) {
        const value = signatures[index * hashes + band * rows + row] ?? 0;
        key = mixed(key ^ value);
        low = mixed((low + value) | 0);
      }
      // 53 bits: buckets of different minima do not meet by chance.
      const bucket = (key >>> 0) * 0x20_00_00 + (low >>> 11);
      const members = buckets.get(bucket);
      if (members === undefined) {
        buckets.set(bucket, [index]);
        continue;
      }
      for (const other of members.slice(-mostInBucket)) found.add(other * count + index);
      members.push(index);
    }
  }
  return [...found].sort((a, b) => a - b).map((key) => [Math.floor(key / count), key % count]);
}

/** Odd factors and offsets of a fixed sequence, so that every machine finds the same pairs. */
function hashFunctions(count: number): { factors: Int32Array; offsets: Int32Array } {
  const factors = new Int32Array(count);
  const offsets = new Int32Array(count);
  let state = 0x2f_6e_2b_1;
  for (let index = 0; index < count; index += 1) {
    state = mixed((state + 0x9e_37_79_b9) | 0);
    factors[index] = state | 1;
    state = mixed((state + 0x9e_37_79_b9) | 0);
    offsets[index] = state;
  }
  return { factors, offsets };
}

/** The finaliser of MurmurHash3 (Appleby, public domain). */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return hash ^ (hash >>> 16);
}

function mixedOnce(value: number): number {
  const hash = Math.imul(value ^ (value >>> 15), 0x85_eb_ca_6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
