/** More neighbours than this are never looked at, so that ids made to collide cost no time. */
const maxProbes = 64;
const fullAt = 0.6;

/**
 * Numbers by id, in 12 bytes a slot: a long session has millions of entries, and a `Map` of their ids would take
 * hundreds of megabytes. Ids are told apart by 64 bits of them, which is far more than a session has entries.
 */
export function idTable() {
  let capacity = 1 << 6;
  let keys = new Uint32Array(2 * capacity);
  /** One more than the number, 0 where a slot is free. */
  let values = new Int32Array(capacity);
  let count = 0;
  let high = 0;
  let low = 0;

  return { get, set };

  /** The number of an id; undefined for one that is not in the table. */
  function get(id: string): number | undefined {
    digest(id);
    const value = values[slot()] ?? 0;
    return value === 0 ? undefined : value - 1;
  }

  /** Numbers are from 0 to 2^31 - 2. */
  function set(id: string, number: number): void {
    if (count >= capacity * fullAt) grow();
    digest(id);
    if (put(number + 1)) count += 1;
  }

  function put(value: number): boolean {
    const at = slot();
    if (at < 0) return false;
    const isNew = values[at] === 0;
    keys[2 * at] = high;
    keys[2 * at + 1] = low;
    values[at] = value;
    return isNew;
  }

  /** Where the key is or would be; -1 where there is no room for it. */
  function slot(): number {
    let at = mixed(high ^ low);
    for (let probe = 0; probe < maxProbes; probe += 1) {
      at &= capacity - 1;
      if (values[at] === 0 || (keys[2 * at] === high && keys[2 * at + 1] === low)) return at;
      at += 1;
    }
    return -1;
  }

  function grow(): void {
    const [oldKeys, oldValues] = [keys, values];
    capacity *= 2;
    keys = new Uint32Array(2 * capacity);
    values = new Int32Array(capacity);
    count = 0;
    for (const [at, value] of oldValues.entries()) {
      if (value === 0) continue;
      high = oldKeys[2 * at] ?? 0;
      low = oldKeys[2 * at + 1] ?? 0;
      if (put(value)) count += 1;
    }
  }

  /** Two hashes of the id in the way of FNV-1a, each over all of its characters. */
  function digest(id: string): void {
    let first = 0x811c9dc5;
    let second = 0x9747b28c;
    for (let at = 0; at < id.length; at += 1) {
      const char = id.charCodeAt(at);
      first = Math.imul(first ^ char, 0x01000193);
      second = Math.imul(second ^ char, 0x5bd1e995);
      second ^= second >>> 15;
    }
    high = mixed(first);
    low = mixed(second);
  }
}

/** The finalizer of MurmurHash3: ids that differ in one digit only come to lie far apart. */
function mixed(hash: number): number {
  let bits = hash ^ (hash >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
