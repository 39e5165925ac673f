import { z } from "zod";
import { compareText } from "../compare-text.ts";

/** Ids are texts such as `_Gen1_Task3` or `0`; a writer may leave the quotes of a number out. */
export const taskIdSchema = z
  .union([z.string(), z.number()])
  .transform((id) => String(id).trim())
  .pipe(
    z
      .string()
      .min(1, "the task id is empty")
      .max(200, "the task id is longer than 200 characters")
      .refine((id) => !/\p{Cc}/u.test(id), "the task id holds control characters"),
  );

/** Orders ids by the numbers in them, so that `Task2` comes before `Task10`; equal numbers by their text. */
export function compareTaskIds(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const order = compareParts(left[index] ?? "", right[index] ?? "");
    if (order !== 0) return order;
  }
  return left.length - right.length || compareText(a, b);
}

function compareParts(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compareText(a, b);
  const left = a.replace(/^0+/, "");
  const right = b.replace(/^0+/, "");
  return left.length - right.length || compareText(left, right);
}
