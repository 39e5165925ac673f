import type { Plan } from "../src/evaluate/plan.ts";
import type { Trial } from "../src/evaluate/trial.ts";
import { madePlan, madeTrials } from "./made-evaluation.ts";

/** Texts that would act in Markdown or HTML if they were not escaped. */
export const hostileTexts = [
  `<script>alert(1)</script><img src=x onerror=alert(1)>`,
  `a | b |\n|---|---|\n# heading @octo/team closes #12 https://evil.example/x`,
  "```\n</details></pre></svg></style><h1>out</h1>",
  `"><svg/onload=alert(1)> '><a href="javascript:alert(1)">x</a>`,
  `![x](https://evil.example/p.png) [y](javascript:z) **b** $m$ \u202e\u0000`,
];

/** An evaluation in which every text from outside is one of `hostileTexts`, with the replies of its trials. */
export function hostileEvaluation(text: string): { plan: Plan; trials: Map<string, Trial> } {
  const plan = madePlan({
    skills: [text, `${text} 2`],
    students: [`openai:${text}`, `openai:other ${text}`],
    cases: [{ id: text, mustPass: true }, { id: `${text} 2`, seen: true }, { id: "plain" }],
    more: { reproduce: `overproof evaluate ${text}`, base: text },
  });
  const trials = madeTrials(plan, ({ arm }) => ({
    outcome: arm === "head" ? "failed" : "passed",
    model: text,
    checks: [{ check: text, passed: false, evidence: text }],
    error: { class: text, message: text },
  }));
  return { plan, trials };
}
