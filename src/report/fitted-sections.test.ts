import fc from "fast-check";
import { expect, test } from "vitest";
import "../../test/property-seed.ts";
import { fittedSections } from "./fitted-sections.ts";

const paragraphs = (count: number): string => "A paragraph of some words.\n\n".repeat(count).trimEnd();

test("keeps short sections whole and cuts the long ones alike", () => {
  const [short = "", one = "", other = ""] =
    fittedSections([paragraphs(2), paragraphs(500), paragraphs(900)], 6000) ?? [];
  expect(short).toBe(paragraphs(2));
  for (const cut of [one, other]) {
    expect(cut.length).toBeGreaterThan(2500);
    expect(cut).toContain("Left out here");
  }
});

test("never takes more room than there is", () => {
  expect.hasAssertions();
  const sections = fc.array(fc.integer({ min: 0, max: 60 }).map(paragraphs), { maxLength: 12 });
  fc.assert(
    fc.property(sections, fc.integer({ min: -10, max: 6000 }), (texts, room) => {
      const fitted = fittedSections(texts, room);
      if (texts.length > 0 && fitted)
        expect(fitted.join("\n\n").length).toBeLessThanOrEqual(Math.max(room, 0));
      const whole = texts.join("\n\n").length + 2 * texts.length;
      if (whole <= room) expect(fitted).toEqual(texts);
    }),
  );
});
