import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask, generate, kernel, profile, writeConversation } from "../../test/akg-conversation-folder.ts";
import { silentReporter } from "../reporter.ts";
import { compareNodeIds, readConversation } from "./akg-conversation.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "conversation-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const read = (op?: string) => readConversation(folder, { op, reporter: silentReporter });
const fileOf = (node: string) => join(folder, "nodes", node, "actions/action_history_fact.json");

function writeThree(): void {
  writeConversation(folder, [
    { id: "root", actions: [{ tool: "user_request", arguments: { content: "a relu" } }] },
    { id: "node_001", actions: [generate(kernel(256))] },
    { id: "node_002", actions: [profile(60)] },
    { id: "node_003", actions: [ask("use 1024")] },
  ]);
}

describe("readConversation", () => {
  it("reads every node with its actions, and the operator from the first action that names one", async () => {
    writeThree();
    const trace = await read();
    expect([...trace.nodes.keys()]).toEqual(["root", "node_001", "node_002", "node_003"]);
    expect(trace.metadata).toEqual({ op_name: "relu", dsl: "triton_cuda", backend: "cuda", arch: "h100" });
    expect(trace.children?.get("node_001")).toEqual(["node_002"]);
    expect(trace.rejects).toEqual([]);
    expect((await read("gelu")).metadata.op_name).toBe("gelu");
  });

  it("calls an operator that nothing names a kernel", async () => {
    writeConversation(folder, [{ id: "node_001", actions: [ask("hello")] }]);
    expect((await read()).metadata).toEqual({ op_name: "kernel", dsl: "", backend: "", arch: "" });
  });

  it.each([
    ["torn", "[", "the file ends inside it"],
    ["no object", "[1, 2]", "a JSON value that is not an object"],
    ["empty", "", "it is empty"],
    ["without actions", '{"turn": 1}', "it has no list of actions"],
  ])("reads a node from the tree whose own file is %s, and counts both (ET6)", async (_, text, reason) => {
    writeThree();
    writeFileSync(fileOf("node_003"), text === "[" ? '{"actions": [' : text);
    const trace = await read();
    expect(trace.nodes.get("node_003")).toMatchObject({ file: "trace.json", hasFile: false });
    expect(trace.nodes.get("node_003")?.actions[0]?.result).toMatchObject({ user_response: "use 1024" });
    expect(trace.rejects.map((reject) => reject.reason).join("\n")).toContain(reason);
    expect(trace.rejects).toHaveLength(2);
  });

  it("isolates an action that is no object, and takes null arguments for none", async () => {
    writeThree();
    const actions = [null, "x", { tool_name: "plan", arguments: null, result: "done" }];
    writeFileSync(fileOf("node_002"), JSON.stringify({ actions }));
    const trace = await read();
    expect(trace.nodes.get("node_002")?.actions).toEqual([
      { tool: "plan", arguments: {}, result: "done", timestamp: "" },
    ]);
    expect(trace.rejects).toHaveLength(2);
  });

  it("takes the numbers that only Python writes for null, and leaves texts as they are", async () => {
    writeThree();
    const text = readFileSync(join(folder, "trace.json"), "utf8");
    writeFileSync(join(folder, "trace.json"), text.replace('"gen_time_us": 60', '"gen_time_us": -Infinity'));
    writeFileSync(
      fileOf("node_002"),
      '{"actions": [{"tool_name": "a", "result": {"t": Infinity, "u": NaN, "s": "a \\"NaN, Infinity", "n": -1}}]}',
    );
    const trace = await read();
    expect(trace.rejects).toEqual([]);
    expect(trace.children?.get("root")).toEqual(["node_001"]);
    expect(trace.nodes.get("node_002")?.actions[0]?.result).toEqual({
      t: null,
      u: null,
      s: 'a "NaN, Infinity',
      n: -1,
    });
  });

  it("counts bytes that are not UTF-8, and reads the rest", async () => {
    writeThree();
    const bytes = Buffer.from(readFileSync(fileOf("node_003"), "utf8").replace("1024", "10\u{1}4"), "latin1");
    bytes[bytes.indexOf(1)] = 0xff;
    writeFileSync(fileOf("node_003"), bytes);
    const trace = await read();
    expect(trace.rejects.map((reject) => reject.reason)).toEqual(["bytes in it are not UTF-8"]);
    expect(trace.nodes.get("node_003")?.hasFile).toBe(true);
  });

  it("leaves out questions that still wait, and children that are not there", async () => {
    writeConversation(folder, [
      { id: "node_001", actions: [ask("yes")] },
      { id: "node_002", actions: [{ tool: "ask_user", result: { status: "waiting" } }], file: false },
    ]);
    const text = readFileSync(join(folder, "trace.json"), "utf8");
    writeFileSync(join(folder, "trace.json"), text.replace('"node_002"\n', '"node_002", "node_404", 7\n'));
    const trace = await read();
    expect([...trace.nodes.keys()]).toEqual(["node_001"]);
    expect(trace.children?.get("node_001")).toEqual(["node_002"]);
    expect(trace.rejects).toHaveLength(2);
  });

  it("follows no links", async () => {
    writeThree();
    const outside = mkdtempSync(join(tmpdir(), "outside-"));
    writeFileSync(join(outside, "action_history_fact.json"), '{"actions": [{"tool_name": "outside"}]}');
    mkdirSync(join(folder, "nodes/node_004"));
    symlinkSync(outside, join(folder, "nodes/node_004/actions"));
    symlinkSync(outside, join(folder, "nodes/node_005"));
    expect([...(await read()).nodes.keys()]).not.toContain("node_004");
    rmSync(outside, { recursive: true });
  });

  it("refuses a folder that holds no conversation", async () => {
    await expect(read()).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("holds no AKG conversation"),
    });
  });

  it("has the same digest wherever it lies, and another one when a word changes", async () => {
    writeThree();
    const first = await read();
    const again = await read();
    writeFileSync(fileOf("node_003"), readFileSync(fileOf("node_003"), "utf8").replace("1024", "2048"));
    const changed = await read();
    expect(again.digest).toBe(first.digest);
    expect(changed.digest).not.toBe(first.digest);
  });

  it("survives any bytes in its files", async () => {
    writeThree();
    const whole = readFileSync(fileOf("node_002"));
    const tree = readFileSync(join(folder, "trace.json"));
    const damage = fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(damage, async ([at, bytes, isTree]) => {
        const damaged = Buffer.from(isTree ? tree : whole);
        damaged.set(bytes, at % (damaged.length - bytes.length));
        writeFileSync(isTree ? join(folder, "trace.json") : fileOf("node_002"), damaged);
        const trace = await read();
        expect(trace.nodes.has("node_001")).toBe(true);
        writeFileSync(join(folder, "trace.json"), tree);
        writeFileSync(fileOf("node_002"), whole);
      }),
      { numRuns: 300 },
    );
  });
});

describe("compareNodeIds", () => {
  it("orders by the number at the end, then by name (ET9)", () => {
    const ids = [
      "node_10",
      "b_2",
      "node_9",
      "readme",
      "a_02",
      "node_2",
      "root",
      "node_0",
      "x99999999999999999999",
    ];
    expect(ids.toSorted(compareNodeIds)).toEqual([
      "node_0",
      "readme",
      "root",
      "a_02",
      "b_2",
      "node_2",
      "node_9",
      "node_10",
      "x99999999999999999999",
    ]);
  });
});
