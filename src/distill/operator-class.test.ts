import { expect, test } from "vitest";
import { operatorClass } from "./operator-class.ts";

const named: [string, string | undefined][] = [
  ["softmax", "normalization"],
  ["row_softmax", "normalization"],
  ["LayerNorm", "normalization"],
  ["rmsnorm", "normalization"],
  ["sum_reduce", "reduction"],
  ["max_pool2d", "pooling"],
  ["relu", "elementwise"],
  ["bias_gelu", "elementwise"],
  ["matmul", "matmul"],
  ["cross_entropy", "loss"],
  ["cumsum", "scan"],
  ["convert_dtype", undefined],
  ["bilinear_upsample", undefined],
  ["expand_dims", undefined],
  ["consume", undefined],
  ["", undefined],
];
for (const [op, key] of named) {
  test(`${op || "no name"} is ${key ?? "of no known class"}`, () => {
    expect(operatorClass(op)?.key).toBe(key);
  });
}
