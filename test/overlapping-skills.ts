/** Two skills of one scope that say nearly the same. */
export function overlappingSkills(): Record<string, string> {
  const text = (own: string, detail: string): string => `---
name: triton-cuda-case-reduction-${own}
description: "Speed up Triton row reductions such as softmax on H100 when a row fits in registers. Use when a reduction reads its rows more than once."
license: Apache-2.0
metadata:
  source: "search_log"
  category: "example"
  dsl: "triton-cuda"
  backend: "cuda"
  hardware: "h100"
  version: "1.0.0"
---

# Row reductions in Triton

## Task characteristics
One reduction per row, memory-bound: the floor is one read and one write of the tensor.

## Optimization methods
### Read each row once
**When** the padded row is at most 16,384 elements.
**Do** hold the row in one block; max, sum and scaling work on the registers.
**Why** two passes read the row twice.

### ${detail}
`;
  const place = (own: string): string =>
    `skills/triton-cuda/evolved-improvement/triton-cuda-case-reduction-${own}/SKILL.md`;
  return {
    [place("wide-rows")]: text(
      "wide-rows",
      "Give wide rows more warps\n**When** a row block is 4,096 elements or more.\n**Do** use eight warps.",
    ),
    [place("long-rows")]: text(
      "long-rows",
      "Split rows that do not fit\n**When** a row is longer than 65,536 elements.\n**Do** use several blocks.",
    ),
  };
}
