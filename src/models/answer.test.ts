import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readAnswer } from "./answer.ts";

const schema = z.strictObject({ name: z.string(), gains: z.array(z.number()).default([]) });
const answer = { name: "wide rows", gains: [1, 2] };
const json = JSON.stringify(answer);

describe("readAnswer", () => {
  it.each([
    ["alone", json],
    ["indented", `\n${JSON.stringify(answer, null, 2)}\n`],
    ["in a fence", `\`\`\`json\n${json}\n\`\`\``],
    [
      "in a fence with text around it",
      `Sure [1]! Here {it} is:\n\n\`\`\`\n${json}\n\`\`\`\nHope that helps {really}.`,
    ],
    ["after thinking that holds a draft", `<think>maybe {"name":"draft"}\n</think>\n${json}`],
    ["after thinking twice", `<think>a</think>\n<thinking>b</thinking>${json}`],
    [
      "after thinking whose opening tag the template swallowed",
      `first {"name":"draft"}\n</think>\n\n${json}`,
    ],
    ["after an example of another shape", `Not like {"n":1}, but:\n${json}`],
    ["after a bracket that never closes", `An interval [0, 1) and "quotes: ${json}"`],
  ])("reads JSON %s", (_, text) => {
    expect(readAnswer(text, { schema })).toEqual({ fits: true, value: answer });
  });

  it("keeps thinking tags that belong to the answer", () => {
    const value = { name: "write <think>x</think> first\n</think>", gains: [] };
    expect(readAnswer(`Here:\n${JSON.stringify(value)}`, { schema })).toEqual({ fits: true, value });
  });

  it("applies the schema's defaults", () => {
    expect(readAnswer('{"name":"a"}', { schema })).toEqual({ fits: true, value: { name: "a", gains: [] } });
  });

  it("says where the largest JSON value does not fit", () => {
    expect(readAnswer('{} {"name":"a","gains":["fast"]}', { schema })).toEqual({
      fits: false,
      problem: expect.stringMatching(/^gains\[0\]: .*number/) as string,
    });
  });

  it.each([
    ["", /^it is empty$/],
    ["<think>and then", /^it is empty$/],
    ["no json here", /^it holds no JSON that can be read/],
    ['{"name": "cut of', /^it holds no JSON that can be read/],
  ])("says what is wrong with %j", (text, problem) => {
    expect(readAnswer(text, { schema })).toEqual({
      fits: false,
      problem: expect.stringMatching(problem) as string,
    });
  });

  it("asks readText when no JSON fits, without the thinking", () => {
    const readText = (text: string): { name: string; gains: number[] } | undefined =>
      text.startsWith("skill_name:") ? { name: text.slice(11).trim(), gains: [] } : undefined;
    expect(readAnswer("<think>hm</think>skill_name: rows", { schema, readText })).toEqual({
      fits: true,
      value: { name: "rows", gains: [] },
    });
    expect(readAnswer("name: rows", { schema, readText }).fits).toBe(false);
  });

  it("finds any object in any prose that holds no brackets or quotes", () => {
    const prose = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[[\]{}"<]/g, " "));
    fc.assert(
      fc.property(prose, fc.dictionary(fc.string(), fc.jsonValue()), prose, (before, value, after) => {
        const reading = readAnswer(`${before}\n${JSON.stringify(value)}\n${after}`, {
          schema: z.looseObject({}),
        });
        // JSON has no minus zero and no key order that matters.
        expect(reading).toEqual({ fits: true, value: JSON.parse(JSON.stringify(value)) });
      }),
    );
  });

  it("stays linear on brackets and quotes that never close", () => {
    const started = performance.now();
    for (const piece of ["{", "[", '{"', '\\"', "<think></think>", '{"\\"', "{}"]) {
      readAnswer(piece.repeat(200_000), { schema });
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
