import { describe, expect, test } from "vitest";
import { describeCall } from "./call.ts";

const edit = "--- a/conv.py\n+++ b/conv.py\n@@\n-KW)\n+KW: tl.constexpr)";

describe("an edit", () => {
  test.each([
    ["Edit", { file_path: "/home/dev/kernels/conv.py", old_string: "KW)", new_string: "KW: tl.constexpr)" }],
    ["edit", { filePath: "/home/dev/kernels/conv.py", oldString: "KW)", newString: "KW: tl.constexpr)" }],
    ["edit", { path: "conv.py", oldText: "KW)", newText: "KW: tl.constexpr)" }],
    ["replace", { file_path: "./conv.py", old_string: "KW)", new_string: "KW: tl.constexpr)" }],
    [
      "str_replace_editor",
      { command: "str_replace", path: "conv.py", old_str: "KW)", new_str: "KW: tl.constexpr)" },
    ],
    ["MultiEdit", { file_path: "conv.py", edits: [{ old_string: "KW)", new_string: "KW: tl.constexpr)" }] }],
    ["edit_file", { path: "conv.py", diff: "-KW)\n+KW: tl.constexpr)\n" }],
    [
      "apply_patch",
      { input: "*** Begin Patch\n*** Update File: conv.py\n@@\n-KW)\n+KW: tl.constexpr)\n*** End Patch\n" },
    ],
    [
      "apply_patch",
      {
        patch: "diff --git a/conv.py b/conv.py\n--- a/conv.py\n+++ b/conv.py\n@@\n-KW)\n+KW: tl.constexpr)\n",
      },
    ],
    [
      "shell",
      {
        command: [
          "bash",
          "-lc",
          "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: conv.py\n-KW)\n+KW: tl.constexpr)\n*** End Patch\nEOF",
        ],
      },
    ],
  ])("of %s %j is the same patch of the same file", (tool, args) => {
    const call = describeCall(tool, args, "/home/dev/kernels/");
    expect(call).toMatchObject({ kind: "edit", paths: ["conv.py"], patch: edit });
  });

  test("keeps what old and new text share as context", () => {
    const { patch } = describeCall("Edit", {
      file_path: "a.py",
      old_string: "mask)\n    x",
      new_string: "mask, 0)\n    x",
    });
    expect(patch).toBe("--- a/a.py\n+++ b/a.py\n@@\n-mask)\n+mask, 0)\n     x");
  });

  test("of several files keeps them apart, with the positions that a diff gives", () => {
    const diff =
      "--- a/a.c\t2026\n+++ b/a.c\n@@ -1,2 +1,2 @@ int\n x\n-y\n+z\ndiff --git a/b.c b/b.c\nnew file\n--- /dev/null\n+++ b/b.c\n@@ -0,0 +1 @@\n+n";
    const call = describeCall("apply_patch", { patch: diff });
    expect(call.paths).toEqual(["a.c", "b.c"]);
    expect(call.patch).toBe(
      "--- a/a.c\n+++ b/a.c\n@@ -1,2 +1,2 @@ int\n x\n-y\n+z\n--- /dev/null\n+++ b/b.c\n@@ -0,0 +1 @@\n+n",
    );
  });

  test("of a removed line that starts with dashes is no file line", () => {
    const { patch } = describeCall("apply_patch", {
      patch: "--- a/q.sql\n+++ b/q.sql\n@@\n--- old\n+-- new",
    });
    expect(patch).toBe("--- a/q.sql\n+++ b/q.sql\n@@\n--- old\n+-- new");
  });
});

describe("a write", () => {
  test.each([
    ["Write", { file_path: "/w/t.py", content: "a\nb\n" }],
    ["write_file", { path: "t.py", content: "a\nb" }],
    ["filesystem__write_file", { path: "/w/t.py", content: "a\nb\n" }],
    ["create", { path: "/w/t.py", file_text: "a\nb\n" }],
    ["str_replace_editor", { command: "create", path: "/w/t.py", file_text: "a\nb\n" }],
    ["apply_patch", { input: "*** Begin Patch\n*** Add File: t.py\n+a\n+b\n*** End Patch\n" }],
  ])("of %s %j is the same patch", (tool, args) => {
    expect(describeCall(tool, args, "/w")).toMatchObject({
      kind: "write",
      paths: ["t.py"],
      patch: "--- /dev/null\n+++ b/t.py\n@@\n+a\n+b",
    });
  });

  test("without content has a path and no patch", () => {
    expect(describeCall("file_change", { changes: [{ path: "/w/t.py", kind: "add" }] }, "/w")).toMatchObject({
      kind: "write",
      paths: ["t.py"],
      patch: null,
    });
    expect(describeCall("Update", { file_path: "t.py" })).toMatchObject({
      kind: "edit",
      paths: ["t.py"],
      patch: null,
    });
  });
});

describe("a command", () => {
  test.each([
    ["Bash", { command: "make test" }],
    ["exec_command", { cmd: "make test", workdir: "/w" }],
    ["shell", { command: ["bash", "-lc", "make test"] }],
    ["local_shell_call", { action: { type: "exec", command: ["/bin/sh", "-c", "make test"] } }],
    ["command_execution", { command: 'bash -lc "make test"' }],
    ["command_execution", { command: "/bin/zsh -lc 'make test'" }],
    ["shell", { command: ["make", "test"] }],
    ["mcp__box__run_shell_command", { command: "make test", description: "" }],
  ])("of %s %j is the line that ran", (tool, args) => {
    expect(describeCall(tool, args)).toMatchObject({ kind: "shell", command: "make test", patch: null });
  });

  test("keeps a line that is more than one shell, and unquotes what a shell would", () => {
    expect(describeCall("Bash", { command: "bash -c 'a' && b" }).command).toBe("bash -c 'a' && b");
    expect(describeCall("Bash", { command: String.raw`bash -c "echo \"\$HOME\" 'x'"` }).command).toBe(
      `echo "$HOME" 'x'`,
    );
    expect(describeCall("shell", { command: ["grep", "a b", "it's"] }).command).toBe(
      String.raw`grep 'a b' 'it'\''s'`,
    );
    expect(describeCall("exec_command", { cmd: "ls", workdir: "/w" }).cwd).toBe("/w");
  });
});

test("other tools are told apart by their names alone", () => {
  const kinds = [
    "Read",
    "Grep",
    "WebFetch",
    "Task",
    "TodoWrite",
    "update_plan",
    "frobnicate",
    "__proto__",
    "",
  ].map((tool) => describeCall(tool, {}).kind);
  expect(kinds).toEqual(["read", "search", "fetch", "delegate", "plan", "plan", "other", "other", "other"]);
});
