import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "../../test/property-seed.ts";
import { splitCases } from "./case-split.ts";
import { type EvalCase, plainPrompt, type Split } from "./eval-case.ts";

function caseOf(prompt: string, id: number, split?: Split): EvalCase {
  const rest = { expectedOutput: "", files: [], inputs: {}, assertions: [], checks: [] };
  return { id, prompt, ...rest, mustPass: false, traces: [], others: {}, ...(split ? { split } : {}) };
}

function sides(prompts: readonly string[], seed = 1): Map<string, Split> {
  return new Map(
    splitCases(
      prompts.map((prompt, id) => caseOf(prompt, id)),
      seed,
    ).map(({ prompt, split }) => [prompt, split]),
  );
}

const prompts = fc.uniqueArray(fc.string({ minLength: 1 }), {
  selector: plainPrompt,
  minLength: 1,
  maxLength: 30,
});

describe("a split", () => {
  it("is the same for the same seed in any order", () => {
    fc.assert(
      fc.property(prompts, fc.nat(), (given, seed) => {
        expect(sides(given.toReversed(), seed)).toEqual(new Map([...sides(given, seed)].toReversed()));
      }),
    );
  });

  it("leaves cases on both sides wherever there are two or more", () => {
    fc.assert(
      fc.property(prompts, fc.nat(), (given, seed) => {
        const found = new Set(sides(given, seed).values());
        expect(found).toEqual(new Set(given.length < 2 ? ["development"] : ["development", "held-out"]));
      }),
    );
  });

  it("never parts equal prompts", () => {
    fc.assert(
      fc.property(prompts, fc.nat(), (given, seed) => {
        const twice = [...given, ...given.map((prompt) => ` ${prompt.toUpperCase().toLowerCase()} `)];
        const found = new Map<string, Set<Split>>();
        for (const { prompt, split } of splitCases(
          twice.map((prompt, id) => caseOf(prompt, id)),
          seed,
        )) {
          const key = plainPrompt(prompt);
          found.set(key, new Set([...(found.get(key) ?? []), split]));
        }
        for (const splits of found.values()) expect(splits.size).toBe(1);
      }),
    );
  });

  it("keeps every mark, and moves no case when others are added to a split of some size", () => {
    const first = splitCases(
      Array.from({ length: 20 }, (_, index) => caseOf(`Case ${index}?`, index)),
      3,
    );
    const later = splitCases([...first, caseOf("One more?", 99), caseOf("And one?", 100)], 5);
    expect(later.slice(0, 20)).toEqual(first);
    const unmarked = [...first.map(({ prompt, id }) => caseOf(prompt, Number(id))), caseOf("One more?", 99)];
    expect(splitCases(unmarked, 3).slice(0, 20)).toEqual(first);
  });

  it("holds out about two fifths, other ones for another seed", () => {
    const given = Array.from({ length: 1000 }, (_, index) => `Case ${index}?`);
    const count = [...sides(given).values()].filter((split) => split === "held-out").length;
    expect(count).toBeGreaterThan(340);
    expect(count).toBeLessThan(460);
    expect(sides(given, 2)).not.toEqual(sides(given, 1));
  });
});
