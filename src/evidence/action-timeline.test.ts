import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildTimeline, type Compress, keepMark } from "./action-timeline.ts";
import { measuredFigures, numbersOf } from "./measured-figures.ts";
import { plainCompress } from "./plain-compressor.ts";
import type { TimelineSection } from "./timeline-sections.ts";

function section(node: string, kept: string[], free: string[]): TimelineSection {
  const pieces = free.map((text) => ({ text, keep: false }));
  return { node, header: `### ${node}`, pieces: [...pieces, ...kept.map((text) => ({ text, keep: true }))] };
}

const chatter = (n: number) => `I think about step ${n}. `.repeat(60).trim();
const many = Array.from({ length: 20 }, (_, n) =>
  section(`node_${n}`, [`**user_response**: words ${n}`, `**gen_time_us**: ${n}.5`], [chatter(n)]),
);
const keptTexts = many.flatMap(({ header, pieces }) => [
  header,
  ...pieces.flatMap((piece) => (piece.keep ? piece.text : [])),
]);

function expectAllKept(text: string): void {
  let at = 0;
  for (const kept of keptTexts) {
    const found = text.indexOf(kept, at);
    expect(found).toBeGreaterThanOrEqual(at);
    at = found + kept.length;
  }
}

/** Keeps the marks and does something to the lines between them. */
const between =
  (change: (line: string) => string): Compress =>
  (text) =>
    Promise.resolve(
      text
        .split("\n")
        .map((line) => (keepMark.test(line) ? line : change(line)))
        .join("\n"),
    );

describe("buildTimeline", () => {
  it("joins the sections as they are where they are short enough, and asks nobody", async () => {
    const timeline = await buildTimeline([section("a", ["kept"], ["free"]), section("b", [], [])], {
      compress: () => Promise.reject(new Error("not to be called")),
    });
    expect(timeline).toEqual({
      text: "### a\nfree\nkept\n\n### b\n",
      calls: 0,
      used: 0,
      leftOut: 0,
      isOverLimit: false,
    });
  });

  it("uses an answer that keeps every mark, and says how much is left out (ET7)", async () => {
    const timeline = await buildTimeline(many, { maxChars: 6000, compress: between(() => "short") });
    expectAllKept(timeline.text);
    expect(timeline.isOverLimit).toBe(false);
    expect(timeline.used).toBe(timeline.calls);
    expect(timeline.text).not.toContain(chatter(0));
    expect(timeline.text).toContain(chatter(19));
    expect(timeline.text).toContain(`Shortened: ${timeline.leftOut.toLocaleString("en")} characters`);
  });

  const refused: [string, Compress][] = [
    ["is empty", () => Promise.resolve("  \n")],
    ["is the text itself", (text) => Promise.resolve(text)],
    ["is only its end", (text, target) => Promise.resolve(`[compressed]\n${text.slice(-target / 4)}`)],
    ["fails", () => Promise.reject(new Error("busy"))],
    ["drops a mark", (text) => Promise.resolve(text.replace(/\[\[keep-.*\]\]/, ""))],
    ["repeats a mark", (text) => Promise.resolve(text.replace(/^(\[\[keep-.*\]\])\n[^[]*/m, "$1\n$1\n"))],
    ["changes the order", (text) => Promise.resolve(text.split("\n").toReversed().join("\n"))],
    ["invents a figure", between(() => "It took 12.25 us.")],
    ["invents a mark", between(() => "[[keep-00000000-0: 3 characters]]")],
    ["opens a block", between(() => "```")],
  ];
  it.each(refused)("asks twice and keeps the text when the answer %s", async (_, compress) => {
    const timeline = await buildTimeline(many, { maxChars: 6000, compress });
    expectAllKept(timeline.text);
    for (let n = 0; n < many.length; n += 1) expect(timeline.text).toContain(chatter(n));
    expect(timeline).toMatchObject({ used: 0, leftOut: 0, isOverLimit: true });
    expect(timeline.calls % 2).toBe(0);
    expect(timeline.text).toContain("Longer than 6,000 characters");
  });

  it("refuses an answer that drops a measured figure of the free text", async () => {
    const sections = [section("a", [], [`${chatter(1)} It took 45.14 us.`]), section("b", [], [chatter(2)])];
    const lost = await buildTimeline(sections, { maxChars: 1500, compress: between(() => "short") });
    expect(lost).toMatchObject({ used: 0, isOverLimit: true });
    const told = await buildTimeline(sections, { maxChars: 1500, compress: between(() => "45.140 us") });
    expect(told.used).toBeGreaterThan(0);
  });

  it("asks nobody to shorten nothing (ET5), and little more often than the text grows", async () => {
    let calls = 0;
    const compress: Compress = (text) => {
      calls += 1;
      expect(text.trim()).not.toBe("");
      return Promise.reject(new Error("busy"));
    };
    await buildTimeline([section("a", ["w".repeat(5000)], [])], { maxChars: 700, compress });
    expect(calls).toBe(0);
    const long = Array.from({ length: 2000 }, (_, n) => section(`node_${n}`, [], [chatter(n)]));
    await buildTimeline(long, { maxChars: 5000, compress });
    expect(calls).toBeLessThan(80);
  });

  it("loses no kept text and no figure, whatever the compressor does and however the sections are made", async () => {
    const line = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 80 }),
      fc.constantFrom(
        "took 45.14 us",
        "```",
        "[[keep-00000000-0: 3 characters]]",
        "x".repeat(900),
        chatter(3),
      ),
    );
    const piece = fc.record({
      text: fc.array(line, { maxLength: 4 }).map((lines) => lines.join("\n")),
      keep: fc.boolean(),
    });
    const sections = fc.array(
      fc.record({
        node: fc.constant("n"),
        header: fc.constant("### n"),
        pieces: fc.array(piece, { maxLength: 6 }),
      }),
      { maxLength: 12 },
    );
    const edits = fc.infiniteStream(fc.tuple(fc.nat({ max: 6 }), fc.nat()));
    await fc.assert(
      fc.asyncProperty(
        sections,
        edits,
        fc.integer({ min: 200, max: 4000 }),
        async (all, stream, maxChars) => {
          const compress: Compress = (text, target) => {
            const lines = text.split("\n");
            const [what, at] = stream.next().value;
            const index = at % lines.length;
            if (what === 0) lines.splice(index, 1);
            if (what === 1) lines.splice(index, 0, lines[at % 7] ?? "");
            if (what === 2) lines[index] = "in 99.75 us";
            if (what === 3) return plainCompress(text, target);
            if (what === 4) lines.splice(index);
            if (what === 5) return between((free) => free.slice(0, at % 50))(text, target);
            return Promise.resolve(lines.join("\n"));
          };
          const { text } = await buildTimeline(all, { maxChars, compress });
          let from = 0;
          for (const { header, pieces } of all) {
            for (const kept of [header, ...pieces.flatMap((p) => (p.keep ? p.text : []))]) {
              const found = text.indexOf(kept, from);
              expect(found).toBeGreaterThanOrEqual(from);
              from = found + kept.length;
            }
          }
          const numbers = numbersOf(text);
          for (const { pieces } of all)
            for (const figure of pieces.flatMap((p) => measuredFigures(p.text)))
              expect(numbers.has(Number.parseFloat(figure))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
