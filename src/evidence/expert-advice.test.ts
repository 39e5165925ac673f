import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  ask,
  generate,
  kernel,
  profile,
  type WrittenNode,
  writeConversation,
} from "../../test/akg-conversation-folder.ts";
import { silentReporter } from "../reporter.ts";
import { readConversation } from "../traces/akg-conversation.ts";
import { conversationBranches } from "./conversation-branches.ts";
import { conversationEvidence } from "./conversation-items.ts";
import { tuningHistory } from "./expert-advice.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "advice-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function history(nodes: readonly WrittenNode[]) {
  writeConversation(folder, nodes);
  const trace = await readConversation(folder, { reporter: silentReporter });
  const told = tuningHistory(trace, conversationBranches(trace));
  const evidence = conversationEvidence(trace, told);
  const steps = told.steps.map((step) => ({
    said: step.advice.map((words) => words.text),
    at: step.after.node,
    times: [step.timeBefore?.us, step.timeAfter?.us],
    effect: step.effect,
  }));
  return { ...told, steps, raw: told.steps, evidence };
}

/** One action after the other, each in a node of its own: n1, n2, ... */
function line(...actions: WrittenNode["actions"]): WrittenNode[] {
  return actions.map((action, index) => ({ id: `n${index + 1}`, actions: [action] }));
}

const start = [generate(kernel(256)), profile(60)] as const;

describe("tuningHistory", () => {
  it("links what the user said to the next code and its next profile", async () => {
    const told = await history(
      line(
        ...start,
        ask("use 1024"),
        generate(kernel(1024)),
        profile(45),
        ask("16 warps"),
        generate(kernel(1024, 16)),
        profile(50),
      ),
    );
    expect(told.steps).toEqual([
      { said: ["use 1024"], at: "n4", times: [60, 45], effect: "faster" },
      { said: ["16 warps"], at: "n7", times: [45, 50], effect: "slower" },
    ]);
    expect(told.raw[0]?.diff).toContain("+    relu_kernel[(n,)](x, n, BLOCK_SIZE=1024, num_warps=4)");
    expect(told.raw[1]?.recordBefore).toBe(45);
    expect(told.best?.time.us).toBe(45);
    expect(told.evidence.items.map((item) => item.kind)).toEqual(["task", "best", "advice", "advice"]);
  });

  it("counts differences of less than two percent as none", async () => {
    const told = await history(line(...start, ask("use 512"), generate(kernel(512)), profile(59)));
    expect(told.steps[0]?.effect).toBe("same");
    expect(told.spread).toBeUndefined();
  });

  it("takes code that failed for a stage of the same change", async () => {
    const told = await history(
      line(
        ...start,
        ask("use 1024"),
        generate(kernel(2048), { status: "fail" }),
        profile(null),
        ask("go on"),
        generate(kernel(1024)),
        profile(45),
      ),
    );
    expect(told.steps).toEqual([
      { said: ["use 1024", "go on"], at: "n7", times: [60, 45], effect: "faster" },
    ]);
    expect(told.raw[0]?.diff).toContain("-    relu_kernel[(n,)](x, n, BLOCK_SIZE=256, num_warps=4)");
  });

  it("lets the user speak between the code and its profile", async () => {
    const told = await history(
      line(...start, ask("use 1024"), generate(kernel(1024)), ask("profile it"), profile(45)),
    );
    expect(told.steps).toEqual([{ said: ["use 1024"], at: "n4", times: [60, 45], effect: "faster" }]);
    expect(told.unfollowed.map((words) => words.text)).toEqual(["profile it"]);
  });

  it("takes the figure that a generation reports where no profile follows, and a profile where one does", async () => {
    const reported = { profile: "{'gen_time': 45.5, 'base_time': 100.0, 'speedup': 2.2}" };
    const told = await history(
      line(
        generate(kernel(256), { profile: { gen_time: 60 } }),
        ask("use 1024"),
        generate(kernel(1024), reported),
        ask("use 512"),
        generate(kernel(512), reported),
        profile(44),
      ),
    );
    expect(told.steps.map((step) => step.times)).toEqual([
      [60, 45.5],
      [45.5, 44],
    ]);
    expect(told.best?.time).toMatchObject({ us: 44, node: "n6" });
  });

  it("tells changes of the agent's own apart, and changes that nobody measured", async () => {
    const told = await history(
      line(
        ...start,
        generate(kernel(512)),
        profile(50),
        generate(kernel(2048)),
        profile(55),
        ask("use 64"),
        generate(kernel(64)),
      ),
    );
    expect(told.steps.map(({ said, effect }) => [said.length, effect])).toEqual([
      [0, "faster"],
      [0, "slower"],
      [1, "not measured"],
    ]);
    expect(told.evidence.items.map((item) => item.kind)).toEqual([
      "task",
      "best",
      "gain",
      "attempt",
      "advice",
    ]);
    expect(told.evidence.items.at(-1)?.improvement).toBeUndefined();
  });

  it("goes on from where a branch leaves another one", async () => {
    const told = await history([
      ...line(...start),
      { id: "a1", parent: "n2", actions: [ask("use 1024")] },
      { id: "a2", actions: [generate(kernel(1024)), profile(45)] },
      { id: "b1", parent: "n2", actions: [ask("16 warps")] },
      { id: "b2", actions: [generate(kernel(256, 16)), profile(70)] },
      { id: "c1", parent: "a1", actions: [generate(kernel(2048)), profile(50)] },
    ]);
    expect(told.steps).toEqual([
      { said: ["use 1024"], at: "a2", times: [60, 45], effect: "faster" },
      { said: ["use 1024"], at: "c1", times: [60, 50], effect: "faster" },
      { said: ["16 warps"], at: "b2", times: [60, 70], effect: "slower" },
    ]);
    expect(new Set(told.evidence.items.map((item) => item.id)).size).toBe(told.evidence.items.length);
  });

  it("sees how much times of equal code differ, and that asking again changed nothing", async () => {
    const told = await history(
      line(...start, profile(66), ask("faster"), generate(kernel(256)), profile(63)),
    );
    expect(told.spread).toBeCloseTo(0.1);
    expect(told.raw.map((step) => step.diff)).toEqual([undefined]);
  });

  it("keeps what was said before there was code as the request", async () => {
    const told = await history([
      { id: "root", actions: [{ tool: "user_request", arguments: { content: "a relu, please" } }] },
      ...line(ask("yes"), ...start, ask("thank you")),
    ]);
    expect(told.requests.map((words) => words.text)).toEqual(["a relu, please", "yes"]);
    expect(told.unfollowed.map((words) => words.text)).toEqual(["thank you"]);
    expect(told.evidence.items[0]?.words).toBe("a relu, please\nyes");
  });
});
