/** Skills of one scope that share a method, as three search logs of the same kind of kernel leave them. */
export function organizeLibrary(): Record<string, string> {
  return Object.fromEntries(
    skills.map(({ detail, about, method }) => {
      const name = `triton-cuda-case-reduction-${detail}`;
      return [`skills/triton-cuda/evolved-improvement/${name}/SKILL.md`, skillText(name, about, method)];
    }),
  );
}

const skills = [
  {
    detail: "wide-rows",
    about: "a row fits in registers",
    method: `### Give wide rows more warps
**When** a row block is 4,096 elements or more.
**Do** use eight warps, and sixteen from 16,384 elements on.
**Why** one warp cannot keep enough loads in flight.`,
  },
  {
    detail: "long-rows",
    about: "a row is longer than a block",
    method: `### Split rows that do not fit
**When** a row is longer than 65,536 elements.
**Do** give a row several blocks and reduce their results in a second kernel.
**Why** one block leaves most of the device idle.`,
  },
  {
    detail: "masked-rows",
    about: "rows have no round length",
    method: `### Fill the tail with the identity
**When** the row length is no power of two.
**Do** load masked elements as the identity of the reduction, such as minus infinity for a maximum.
**Why** a zero there changes the maximum of negative rows.`,
  },
];

function skillText(name: string, about: string, method: string): string {
  return `---
name: ${name}
description: "Speed up Triton row reductions such as softmax on H100 when ${about}. Use when a reduction reads its rows more than once."
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
**Do** hold the row in one block; maximum, sum and scaling work on the registers.
**Why** two passes read the row twice.

${method}

## Applicability boundaries
- Only for contiguous rows.
`;
}
