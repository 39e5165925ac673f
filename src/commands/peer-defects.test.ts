import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { madePlan, trialsFrom } from "../../test/made-evaluation.ts";
import { chatCompletion, startModelServer } from "../../test/model-server.ts";
import { temporaryFolder } from "../../test/run.ts";
import { evaluationFigures } from "../evaluate/figures.ts";
import { silentReporter } from "../reporter.ts";
import { abTable } from "../report/ab-table.ts";
import { evaluate } from "./evaluate.ts";

const skillText = `---
name: sums
description: "Find the largest row of a table. Use when a task names a CSV file."
---

Think about the rows.
`;

describe("what others got wrong", () => {
  it("input files reach both arms: a student that reads them owes nothing to the skill", async () => {
    await using folder = await temporaryFolder();
    const skill = join(folder.path, "skills/sums");
    await mkdir(join(skill, "evals/files"), { recursive: true });
    await writeFile(join(skill, "SKILL.md"), skillText);
    const evals = Array.from({ length: 10 }, (_, id) => ({
      id,
      prompt: `Which row of table-${id}.csv has the largest sum?`,
      files: [`evals/files/table-${id}.csv`],
      overproof: { checks: [{ kind: "contains", text: `row-${id}-b` }] },
    }));
    for (const { id } of evals) {
      await writeFile(join(skill, `evals/files/table-${id}.csv`), `row-${id}-a,1,2\nrow-${id}-b,3,4\n`);
    }
    await writeFile(join(skill, "evals/evals.json"), JSON.stringify({ skill_name: "sums", evals }));
    // It knows the answer from the file alone, whatever else it is told.
    await using server = await startModelServer((response, request) => {
      const row = /row-\d+-b/.exec(JSON.stringify(request.body))?.[0];
      chatCompletion(row ?? "I see no table.")(response, request);
    });
    const { result } = await evaluate(
      {
        skills: ["skills/sums"],
        students: [`openai:fake@${server.url}/v1`],
        repeats: 2,
        placebo: true,
        aa: false,
        plan: false,
        results: "results",
      },
      {
        cwd: folder.path,
        environment: { PATH: process.env["PATH"] },
        reporter: silentReporter,
        now: () => new Date(0),
        random: () => 0,
        sleep: async () => undefined,
      },
    );
    if (!("missing" in result)) throw new Error("no whole run");
    expect(result.skills[0]?.students[0]).toMatchObject({
      arms: { none: { rate: 1 }, head: { rate: 1 }, placebo: { rate: 1 } },
      difference: { value: 0 },
    });
    expect(result.skills[0]?.students[0]?.verdict).not.toBe("better");
    const texts = server.requests.map(({ body }) => JSON.stringify(body));
    expect(texts).toHaveLength(3 * 10 * 2);
    for (const { id } of evals) {
      const own = texts.filter((text) => text.includes(`Which row of table-${id}.csv`));
      expect(own).toHaveLength(6);
      expect(own.every((text) => text.includes(`row-${id}-a,1,2\\nrow-${id}-b,3,4`))).toBe(true);
    }
  });

  it("a rise from 25 % to 100 % is +75 points, whatever the arms and the skill are called", () => {
    const quarter = Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [`case-${at + 1}`, at % 4 ? "00" : "11"]),
    );
    for (const reference of ["none", "base"] as const)
      for (const name of ["with-skill", "old-skill", "a", "zz-new"]) {
        const plan = madePlan({ arms: [reference, "head"], skills: [name], cases: 12 });
        const tell = (before: typeof quarter | string, after: typeof quarter | string) => {
          const figures = evaluationFigures(plan, trialsFrom(plan, { [reference]: before, head: after }));
          const { verdict, comparison } = figures.skills[0]?.students[0] ?? {};
          return { verdict, value: comparison?.decision.difference.value, table: abTable(figures) };
        };
        const rise = tell(quarter, "11");
        expect(rise).toMatchObject({ verdict: "better", value: 0.75 });
        expect(rise.table).toContain("+75.0 points");
        expect(tell("11", quarter)).toMatchObject({ verdict: "worse", value: -0.75 });
      }
  });
});
