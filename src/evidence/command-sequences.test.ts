import { expect, test } from "vitest";
import { madeEvidence, type Turn } from "../../test/made-session.ts";
import { commonCommands } from "./command-sequences.ts";

const ran = (run: string, exit = 0): Turn => ({ run, prints: "ok", exit });

async function commandsOf(...turns: Turn[]): Promise<readonly string[]> {
  return (await madeEvidence([{ user: "Make it fast." }, ...turns])).plainCommands;
}

test("keeps plain commands that passed, and a gap for all else that was run or changed", async () => {
  expect(
    await commandsOf(
      ran("make && ./unit"),
      ran("./unit"),
      ran("ls -l"),
      ran("./bench"),
      ran("python fit.py", 1),
      ran("curl -O x"),
      ran("make"),
      { edit: "a.py", from: "1", to: "2" },
      ran("./unit"),
    ),
  ).toEqual(["make", "./unit", "./bench", "", "make", "", "./unit"]);
});

test("finds what most sequences share, of those the longest, and nothing over a gap", () => {
  const full = ["x", "a", "b", "c", "d"];
  expect(commonCommands([full, ["a", "b", "c", "d", "y"], ["", "a", "b", "c", "z"]])).toEqual({
    commands: ["a", "b", "c"],
    holders: [0, 1, 2],
  });
  expect(commonCommands([full, ["a", "b", "c", "d", "y"]])).toEqual({
    commands: ["a", "b", "c", "d"],
    holders: [0, 1],
  });
  expect(commonCommands([full, ["a", "", "b", "c", "d"].slice(0, 4)])).toBeUndefined();
  expect(commonCommands([full])).toBeUndefined();
});

test("a loop of two commands is no sequence", () => {
  const loop = ["a", "b", "a", "b", "a", "b"];
  expect(commonCommands([loop, loop])).toBeUndefined();
});
