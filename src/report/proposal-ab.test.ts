import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { expect, test } from "vitest";
import { hostileEvaluation, hostileTexts } from "../../test/hostile-evaluation.ts";
import { madePlan, trialsFrom } from "../../test/made-evaluation.ts";
import { evaluationFigures } from "../evaluate/figures.ts";
import { abSection, withoutAb } from "./proposal-ab.ts";

test("the answer and the table come first, and a large evaluation is cut after them", () => {
  const skills = Array.from({ length: 12 }, (_, id) => `wide-rows-${id}`);
  const plan = madePlan({
    skills,
    students: ["openai:small", "openai:large"],
    arms: ["none", "head"],
    cases: 30,
  });
  const figures = evaluationFigures(plan, trialsFrom(plan, { none: "00", head: "11" }));
  const [section = "", ...more] = abSection({ figures, policy: "worse", states: new Map() });
  expect(more).toEqual([]);
  expect(section.length).toBeLessThanOrEqual(12_000);
  expect(section).toMatch(
    /^## A\/B\n\n\*\*Yes, this may merge: 12 skills in 24 comparisons: 24 better, 0 worse\.\*\*\n/,
  );
  for (const name of skills) expect(section).toContain(`| \`${name}\`<br>\`openai:large\`<br>30 × 2 |`);
  expect(section).toContain("Left out here to stay within the length that GitHub takes");
  expect(section.match(/<details>/g)?.length).toBe(section.match(/<\/details>/g)?.length);
});

test("each skill says for itself where no results are of its text", () => {
  const states = new Map([
    ["measured", "measured"],
    ["edited", "other text"],
  ] as const);
  const ab = { figures: null, policy: "worse" as const, states };
  expect(abSection(ab)).toEqual([]);
  expect(withoutAb("measured", ab)).toEqual([]);
  expect(withoutAb("edited", ab)[0]).toMatch(/^\*\*A\/B: not evaluated as it stands here\.\*\*/);
  expect(withoutAb("new", ab)[0]).toMatch(/^\*\*A\/B: not evaluated yet\.\*\*/);
  expect(withoutAb("new", undefined)).toEqual(withoutAb("new", ab));
});

test.each(hostileTexts)("nothing of the results acts in it: %j", (text) => {
  const { plan, trials } = hostileEvaluation(text);
  const [section = ""] = abSection({
    figures: evaluationFigures(plan, trials),
    policy: "worse",
    states: new Map(),
  });
  const page = micromark(section, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
  });
  const prose = page.replaceAll(/<pre>[\s\S]*?<\/pre>|<code>[\s\S]*?<\/code>/g, "");
  expect(prose).not.toMatch(/<(?:script|img|svg|a\s|h1)|\u202e|[^&]@octo/);
});
