import type { Verdict } from "./verdict.ts";

/** Which verdicts keep a change from merging. */
export const mergePolicies = ["worse", "worse-or-undecided", "not-better"] as const;
export type MergePolicy = (typeof mergePolicies)[number];

export function blocksMerge(policy: MergePolicy, verdict: Verdict): boolean {
  switch (policy) {
    case "worse":
      return verdict === "worse";
    case "worse-or-undecided":
      return verdict === "worse" || verdict === "cannot tell";
    case "not-better":
      return verdict !== "better";
  }
}
