import type { ClaimBlock } from "./reconcile.ts";

/** A block in its place in the file. */
export interface PlacedBlock extends ClaimBlock {
  previous: PlacedBlock | undefined;
  next: PlacedBlock | undefined;
}

/** The blocks of a file in their order, linked, so that thousands of changes each take the same short time. */
export class BlockList {
  first: PlacedBlock | undefined;
  last: PlacedBlock | undefined;

  constructor(blocks: Iterable<ClaimBlock>) {
    for (const block of blocks) this.insertAfter(this.last, block);
  }

  /** Puts a copy of a block after another one, or first. */
  insertAfter(previous: PlacedBlock | undefined, block: ClaimBlock): PlacedBlock {
    const placed: PlacedBlock = {
      ...block,
      previous,
      next: previous === undefined ? this.first : previous.next,
    };
    this.#link(placed);
    return placed;
  }

  /** Takes a block out; `restore` puts it back while its neighbours are those it had. */
  remove(placed: PlacedBlock): void {
    if (placed.previous) placed.previous.next = placed.next;
    else this.first = placed.next;
    if (placed.next) placed.next.previous = placed.previous;
    else this.last = placed.previous;
  }

  restore(placed: PlacedBlock): void {
    this.#link(placed);
  }

  *[Symbol.iterator](): Generator<PlacedBlock> {
    for (let placed = this.first; placed; placed = placed.next) yield placed;
  }

  #link(placed: PlacedBlock): void {
    if (placed.previous) placed.previous.next = placed;
    else this.first = placed;
    if (placed.next) placed.next.previous = placed;
    else this.last = placed;
  }
}
