import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import "../../test/property-seed.ts";
import { idTable } from "./id-table.ts";

test("holds what a map holds", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.nat({ max: 2 ** 31 - 2 }))), (entries) => {
      const table = idTable();
      const map = new Map(entries);
      for (const [id, number] of entries) table.set(id, number);
      for (const [id, number] of map) expect(table.get(id)).toBe(number);
      expect(table.get("an id that is in none of them")).toBeUndefined();
    }),
  );
});

test("tells 60,000 ids apart, those that count up and those of no order", () => {
  const table = idTable();
  const id = (number: number) =>
    number % 2 === 0
      ? `00000000-0000-4000-a000-${number.toString(16).padStart(12, "0")}`
      : createHash("md5").update(String(number)).digest("hex");
  for (let number = 0; number < 60_000; number += 1) {
    expect(table.get(id(number))).toBeUndefined();
    table.set(id(number), number);
  }
  for (let number = 0; number < 60_000; number += 1)
    if (table.get(id(number)) !== number) expect.fail(id(number));
});
