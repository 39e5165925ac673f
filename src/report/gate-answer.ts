import type { EvaluationFigures } from "../evaluate/figures.ts";
import type { MergePolicy } from "../evaluate/merge-policy.ts";
import type { Finding } from "../skills/lint.ts";
import type { MergeAnswer } from "./merge-answer.ts";

/** Everything that a gate decides on. */
export interface GateFindings {
  /** How many skills the change adds, changes or removes. */
  changed: number;
  /** What keeps it from being judged at all, as clauses without a full stop: missing or forged results, failed jobs. */
  problems: readonly string[];
  /** Errors of the linter in changed skills. */
  errors: readonly Finding[];
  /** Changed skills that no result speaks for, with why, as clauses. */
  unproven: readonly string[];
  figures: EvaluationFigures | null;
  /** What the figures say by the policy; null without figures. */
  verdict: MergeAnswer | null;
}

export interface GateAnswer extends MergeAnswer {
  /** `neutral`: it would not pass, but the gate only advises. */
  conclusion: "success" | "failure" | "neutral";
  /** One line for the list of checks. */
  title: string;
}

const longestTitle = 200;

/** Decides by the policy. What cannot be judged does not merge; what has no cases does, unless the policy asks for proof. */
export function gateAnswer(
  findings: GateFindings,
  { policy, advisory }: { policy: MergePolicy; advisory: boolean },
): GateAnswer {
  const { mayMerge, sentence } = decided(findings, policy);
  const title = advisory ? `Advisory: ${sentence}` : sentence;
  return {
    mayMerge,
    sentence,
    conclusion: mayMerge ? "success" : advisory ? "neutral" : "failure",
    title: title.length > longestTitle ? `${title.slice(0, longestTitle - 1)}…` : title,
  };
}

function decided(
  { changed, problems, errors, unproven, verdict }: GateFindings,
  policy: MergePolicy,
): MergeAnswer {
  const broken = [
    ...problems,
    ...errors.map(({ file, line, message }) => `${file}:${line}: ${plain(message)}`),
  ];
  const [first] = broken;
  if (first !== undefined) {
    const more = broken.length === 1 ? "" : `; and ${broken.length - 1} more`;
    return { mayMerge: false, sentence: `No, this may not merge: ${first}${more}.` };
  }
  if (changed === 0) return { mayMerge: true, sentence: "Yes, this may merge: no skill is changed." };
  const [silent] = unproven;
  const others = unproven.length > 1 ? `; and ${unproven.length - 1} more` : "";
  if (verdict !== null) {
    if (!verdict.mayMerge || silent === undefined) return verdict;
    if (policy === "worse") {
      return {
        mayMerge: true,
        sentence: `${verdict.sentence} Nothing is proven of others: ${silent}${others}.`,
      };
    }
  }
  if (silent === undefined) return { mayMerge: true, sentence: "Yes, this may merge: skills only go." };
  return policy === "worse"
    ? { mayMerge: true, sentence: `Yes, this may merge, but nothing is proven: ${silent}${others}.` }
    : {
        mayMerge: false,
        sentence: `No, this may not merge: ${silent}${others}, and the policy asks for proof.`,
      };
}

/** A sentence as a clause. */
function plain(sentence: string): string {
  return sentence.replace(/\.$/, "");
}
