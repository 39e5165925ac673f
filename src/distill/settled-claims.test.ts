import { expect, it } from "vitest";
import type { Claim, ClaimWords } from "./claim.ts";
import { hasSameLiterals, likePairs, settleClaims, type Settlement } from "./settled-claims.ts";

function words(title: string, when: string, advice: string): ClaimWords {
  return { part: "method", title, when, do: advice, why: "", check: "" };
}

function claim(id: string, said: ClaimWords, state: Claim["state"] = "active"): Claim {
  return { ...said, id, state, author: "offline", evidence: ["e"], text: "" };
}

function settle(said: ClaimWords, known: Claim[]): Settlement {
  const [settlement] = settleClaims([said], likePairs([said], known, new Map()));
  if (settlement === undefined) throw new Error("nothing was settled");
  return settlement;
}

const when = "verification prints `out of resource: shared memory`.";
const fewer = words(
  "Shared memory",
  when,
  "Write `num_stages=2` instead of `num_stages=8`.\n\n```diff\n-a\n```",
);

it("knows the same advice about other code", () => {
  const other = { ...fewer, do: fewer.do.replace("-a", "-other(code)") };
  expect(settle(other, [claim("c-1", fewer)])).toEqual({ kind: "known", id: "c-1" });
});

it.each([
  ["another number", "Write `num_stages=3` instead of `num_stages=8`."],
  ["the other direction", "Write `num_stages=8` instead of `num_stages=2`."],
  ["another parameter", "Write `num_warps=2` instead of `num_warps=8`."],
])("takes advice with %s for another one, however alike the words are", (_, advice) => {
  const settlement = settle({ ...fewer, do: advice }, [claim("c-1", fewer)]);
  expect(settlement).toEqual({ kind: "new", note: '"Shared memory" is possibly the same as the claim c-1.' });
});

it("tells adding from dropping", () => {
  const add = words("Contiguous", "the check prints `err`.", "Add `x = x.contiguous()`.");
  const drop = { ...add, do: "Drop `x = x.contiguous()`." };
  expect(hasSameLiterals(add, drop)).toBe(false);
  expect(hasSameLiterals(add, { ...add, do: "Add `row = row.contiguous()`." })).toBe(true);
});

it("does not merge advice for two architectures", () => {
  const [one, other] = ["sm_90", "sm_80"].map((arch) =>
    words("Flags", `the build names \`${arch}\`.`, `Compile for ${arch}.`),
  );
  if (one === undefined || other === undefined) throw new Error("two claims are needed");
  expect(settle(one, [claim("c-1", other)]).kind).toBe("new");
});

it("has no note about claims that have little in common", () => {
  const other = words("Vector loads", "rows are aligned.", "Load four values at once.");
  expect(settle(fewer, [claim("c-1", other)])).toEqual({ kind: "new" });
});
