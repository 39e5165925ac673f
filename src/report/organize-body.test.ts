import { describe, expect, test } from "vitest";
import type { LedgerEntry } from "../organize/ledger.ts";
import type { OrganizeProposal } from "../organize/organize-proposal.ts";
import { organizeBody, organizeTitle } from "./organize-body.ts";
import { maxBodyLength } from "./pull-request-body.ts";

const sha = "0".repeat(64);

function proposal(more: Partial<OrganizeProposal> = {}): OrganizeProposal {
  const source = (name: string): OrganizeProposal["merges"][number]["sources"][number] => ({
    name,
    path: `x/${name}/SKILL.md`,
    sha256: sha,
    files: [],
    evidence: null,
  });
  return {
    format: 1,
    command: "organize",
    reproduce: "overproof organize x",
    scopes: ["x"],
    merges: [
      {
        kind: "merge",
        survivors: [
          {
            name: "x-merged-rows",
            path: "x/x-merged-rows/SKILL.md",
            description: "Speeds up rows.",
            title: "Rows",
            text: '---\nname: x-merged-rows\ndescription: "Speeds up rows."\n---\n\n# Rows\n',
            evidence_file: null,
            files: [],
          },
        ],
        sources: [source("x-case-a"), source("x-case-b")],
        answer: { kind: "merge", operations: [] },
        author: "model",
        reason: "They say the same.",
      },
    ],
    ledger: [],
    proof: { state: "proven", reason: "12 cases." },
    notes: [],
    ...more,
  };
}

function claims(count: number, more: Partial<LedgerEntry> = {}): LedgerEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    source: index % 2 === 0 ? "x-case-a" : "x-case-b",
    claim: `c-${index}`,
    title: "Read each row once, and keep it in registers while all three passes run over it",
    state: "kept",
    into: { skill: "x-merged-rows", claim: `c-${index}` },
    reason: "nothing else says it, and nothing contradicts it",
    ...more,
  }));
}

describe("the text of a pull request of organize", () => {
  test("says first what merges into what, whether it is proven, and how many claims are kept", () => {
    const body = organizeBody(proposal(), [...claims(3), ...claims(1, { state: "merged" })], []);
    const [first, second, third] = body.split("\n\n");
    expect(first).toBe("- Merges `x-case-a`, `x-case-b` into `x-merged-rows`.");
    expect(second).toMatch(/^\*\*Proven: no worse than what it replaces/);
    expect(third).toContain("| 4 | 3 | 1 | 0 | 0 | 0 |");
    expect(organizeTitle(proposal())).toBe("Merge 2 skills into x-merged-rows");
  });

  test("names every claim also where their words do not fit, and refuses where not even their ids do", () => {
    const many = claims(3000);
    const body = organizeBody(proposal(), many, []);
    expect(body.length).toBeLessThanOrEqual(maxBodyLength);
    for (const { claim } of many) expect(body).toContain(`\`${claim}\``);
    expect(() => organizeBody(proposal(), claims(9000), [])).toThrow(
      expect.objectContaining({
        exitCode: 1,
        message: expect.stringContaining("9,000 claims") as unknown,
      }) as Error,
    );
  });

  test("shows dropped and conflicting claims with their reasons, outside of what is folded away", () => {
    const ledger = [
      ...claims(1, { claim: "c-gone", state: "dropped", into: null, reason: "Only true for one operator." }),
      ...claims(1, { claim: "c-two", state: "conflicting", reason: "4 warps or 8." }),
    ];
    const [open = ""] = organizeBody(proposal(), ledger, []).split("<details>");
    expect(open).toContain("Only true for one operator.");
    expect(open).toContain("4 warps or 8.");
  });

  test("lets no word of a model act", () => {
    const evil = "</details> @octo/team fixes #1 <img src=x> | a | ``` \n# Head";
    const body = organizeBody(
      proposal({ proof: { state: "unproven", reason: evil }, notes: [evil] }),
      claims(2, { title: evil, reason: evil, state: "dropped", into: null }),
      [],
    );
    const prose = body.replaceAll(/`[^`]*`/g, "");
    expect(prose).not.toMatch(/@octo|fixes #1|<img|^# Head/m);
    expect(body.split("<details>").length).toBe(body.split("</details>").length);
  });
});
