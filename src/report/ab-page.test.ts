import { expect, test } from "vitest";
import { hostileEvaluation, hostileTexts } from "../../test/hostile-evaluation.ts";
import { madePlan, madeTrials, trialsFrom } from "../../test/made-evaluation.ts";
import { evaluationFigures } from "../evaluate/figures.ts";
import { abPage } from "./ab-page.ts";
import { shownReplies } from "./shown-runs.ts";

const ourTags =
  "html head meta title style body main h1 h2 h3 h4 p div span br section table thead tbody tr th td code pre ul li details summary svg desc text tspan g line circle";
const ourAttributes =
  "lang charset http-equiv content name class xmlns width height role aria-labelledby id x x1 x2 y y1 y2 cx cy r text-anchor scope data-label";

/** Tags with the names of their attributes, as a browser reads them outside of `<style>`. */
function tagsOf(html: string): { tag: string; attributes: string[] }[] {
  const bare = html.replaceAll(/<style>[\s\S]*?<\/style>/g, "<style></style>").replace("<!doctype html>", "");
  return [...bare.matchAll(/<(\/?)([^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/g)].map(
    ([, , tag = "", rest = ""]) => ({
      tag,
      attributes: [...rest.matchAll(/([^\s=/"']+)(?:="[^"]*")?/g)].map(([, name = ""]) => name),
    }),
  );
}

test.each(hostileTexts)("nothing from outside acts in HTML: %j", (text) => {
  const { plan, trials } = hostileEvaluation(text);
  const figures = evaluationFigures(plan, trials);
  const replies = new Map(shownReplies(figures).map((digest) => [digest, text]));
  const html = abPage(figures, { replies });
  const tags = tagsOf(html);
  expect(tags.filter(({ tag }) => !ourTags.split(" ").includes(tag))).toEqual([]);
  const allowed = ourAttributes.split(" ");
  expect(tags.flatMap(({ attributes }) => attributes).filter((name) => !allowed.includes(name))).toEqual([]);
  const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, style = ""]) => style);
  expect(styles).toHaveLength(2);
  expect(styles.join("")).not.toMatch(/url\(|@import|evil/);
  // Elements that open are those that close.
  const voids = ["meta", "br", "line", "circle"];
  const depth = new Map<string, number>();
  for (const [, slash, tag = ""] of html
    .replaceAll(/<style>[\s\S]*?<\/style>/g, "")
    .matchAll(/<(\/?)([a-z][a-z0-9]*)/g))
    if (!voids.includes(tag)) depth.set(tag, (depth.get(tag) ?? 0) + (slash === "" ? 1 : -1));
  expect([...depth].filter(([, open]) => open !== 0)).toEqual([]);
  for (const hidden of ["\u202e", "\u0000"]) expect(html).not.toContain(hidden);
});

test("the page may load nothing and run nothing", () => {
  const plan = madePlan();
  const html = abPage(evaluationFigures(plan, trialsFrom(plan, { none: "00", base: "01", head: "11" })), {
    replies: new Map(),
  });
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
  expect(html).not.toMatch(/<script|<link|<img|<iframe|src=|href=/);
});

test("the answer and the plot come before everything else", () => {
  const plan = madePlan({ cases: 10 });
  const html = abPage(evaluationFigures(plan, trialsFrom(plan, { none: "00", base: "00", head: "11" })), {
    replies: new Map(),
  });
  const places = [
    "Yes, this may merge",
    "<svg",
    "Verdicts",
    "Cases, losses first",
    "Replies, wrong ones first",
  ].map((part) => html.indexOf(part));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test("replies of all arms stand side by side, those of cases that lose first, and failed runs are chosen", () => {
  const plan = madePlan({ arms: ["base", "head"], cases: 2, repeats: 2 });
  const trials = madeTrials(plan, ({ arm, case: { id }, identity }) => ({
    outcome: arm === "head" && id === "case-2" && identity.repeat === 1 ? "failed" : "passed",
    checks: [{ check: 'The answer contains "max".', passed: id !== "case-2", evidence: "found at 3" }],
  }));
  const figures = evaluationFigures(plan, trials);
  const texts = new Map(
    [...trials.values()].map(({ reply_sha256, identity, case: id }) => [
      reply_sha256 ?? "",
      `reply ${id} ${identity.given_sha256 === plan.skills[0]?.given.head ? "head" : "base"} ${identity.repeat}`,
    ]),
  );
  const html = abPage(figures, { replies: texts });
  const shown = [...html.matchAll(/<pre>(reply [^<]*)<\/pre>/g)].map(([, text]) => text);
  expect(shown).toEqual([
    "reply case-2 base 0",
    "reply case-2 head 1",
    "reply case-1 base 0",
    "reply case-1 head 0",
  ]);
  expect(html).toContain(`head <span class="runs">✓✗</span>`);
  expect(html).toContain("The answer contains &quot;max&quot;.");
});

test("a reply that was not kept, and a long one, are said to be so", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 1, repeats: 1 });
  const figures = evaluationFigures(
    plan,
    madeTrials(plan, () => ({})),
  );
  const [first = ""] = shownReplies(figures);
  const html = abPage(figures, { replies: new Map([[first, "a".repeat(7_000)]]) });
  expect(html).toContain("(1,000 more characters)");
  expect(html).toContain("Its reply was not kept with the results.");
});

test("the plot tells in words what it shows, and bounds that are not there become arrows", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 1 });
  const html = abPage(evaluationFigures(plan, trialsFrom(plan, { none: "00", head: "01" })), {
    replies: new Map(),
  });
  expect(html).toContain(
    `<desc id="forest-desc">wide-rows for openai:small: cannot tell, +50.0 points (no bounds).</desc>`,
  );
  expect(html).toMatch(/▸<\/text><circle/);
});

test("an evaluation of nothing is a page too", () => {
  const html = abPage(evaluationFigures(madePlan({ skills: [] }), new Map()), { replies: new Map() });
  expect(html).toContain("Yes, this may merge: no skill was evaluated.");
  expect(html).not.toContain("<svg");
});
