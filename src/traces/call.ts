import { kindOfTool, toolName } from "./call-kind.ts";
import { replacePatch, toldPatch, writePatch } from "./call-patch.ts";
import { commandLine } from "./command-line.ts";
import { isJsonObject, listAt, textAt } from "./json-value.ts";
import type { JsonValue } from "./json-value.ts";
import type { Call, CallKind } from "./session.ts";

type Arguments = Record<string, JsonValue>;

const pathKeys = [
  "file_path",
  "filePath",
  "path",
  "notebook_path",
  "target_file",
  "targetFile",
  "absolute_path",
  "absolutePath",
  "relative_path",
  "filename",
  "fileName",
  "file",
] as const;
const cwdKeys = ["workdir", "cwd", "working_dir", "working_directory", "directory", "dir_path"] as const;
const contentKeys = ["content", "contents", "file_text", "fileText", "text"] as const;
const oldKeys = ["old_string", "oldString", "old_str", "oldStr", "oldText", "old_text", "search"] as const;
const newKeys = ["new_string", "newString", "new_str", "newStr", "newText", "new_text", "replace"] as const;
const patchKeys = ["input", "patch", "diff", "unified_diff"] as const;
const commandKeys = ["command", "cmd", "commands", "script", "code", "chars", "input"] as const;

/**
 * What a call does, told the same way for the tools of all agents. `sessionCwd` is the folder of the session where
 * the trace names it: files below it, or below the call's own folder, are named relative to it. An edit that the
 * agent tells as an old and a new text becomes a patch.
 */
export function describeCall(
  tool: string,
  args: Arguments,
  sessionCwd: string | null = null,
): Pick<Call, "arguments" | "kind" | "command" | "cwd" | "paths" | "patch"> {
  const kind = kindOfCall(tool, args);
  const cwd = kind === "shell" ? firstText(args, cwdKeys) : null;
  const nameOf = (path: string): string => relativeName(path, [cwd, sessionCwd]);
  const command = kind === "shell" ? commandOf(args) : null;
  const plain = { arguments: args, kind, command, cwd, paths: [], patch: null };
  if (kind !== "read" && kind !== "write" && kind !== "edit") {
    const applied = kind === "shell" ? appliedPatch(command, nameOf) : undefined;
    return applied === undefined ? plain : { ...plain, ...applied, kind: "edit" };
  }
  const paths = pathsOf(args).map(nameOf);
  if (kind === "read") return { ...plain, paths };
  const change = changeOf(args, paths, nameOf);
  return { ...plain, ...change, paths: [...new Set([...paths, ...change.paths])] };
}

/** Tools with several commands tell in their arguments what they do. */
function kindOfCall(tool: string, args: Arguments): CallKind {
  const kind = kindOfTool(tool);
  if (kind !== "edit") return kind;
  if (toolName(tool) === "filechange") {
    const changes = listAt(args, "changes");
    return changes.length > 0 && changes.every((change) => textAt(change, "kind") === "add")
      ? "write"
      : "edit";
  }
  const command = textAt(args, "command");
  if (command === "create" || command === "write") return "write";
  if (command === "view" || command === "read") return "read";
  const [only, ...more] = firstText(args, patchKeys)?.match(/^\*\*\* \w+ File: /gm) ?? [];
  return only === "*** Add File: " && more.every((line) => line === only) ? "write" : "edit";
}

function commandOf(args: Arguments): string | null {
  for (const key of commandKeys) {
    const line = commandLine(args[key]);
    if (line !== null) return line;
  }
  const action = args["action"];
  return isJsonObject(action) ? commandOf(action) : null;
}

/** `apply_patch <<'EOF' … EOF` as a shell command, as older agents edit. */
function appliedPatch(
  command: string | null,
  nameOf: (path: string) => string,
): { patch: string; paths: string[] } | undefined {
  const envelope =
    command === null
      ? null
      : /^\s*apply_patch\b[^]*?(\*\*\* Begin Patch\n[^]*\n\*\*\* End Patch)/.exec(command);
  return envelope?.[1] === undefined ? undefined : toldPatch(envelope[1], null, nameOf);
}

function pathsOf(args: Arguments): string[] {
  const single = firstText(args, pathKeys);
  const several = ["paths", "file_paths", "files", "edits", "changes"].flatMap((key) => {
    const value = args[key];
    if (Array.isArray(value))
      return value.map((item) => (typeof item === "string" ? item : (firstText(item, pathKeys) ?? "")));
    return key === "changes" && isJsonObject(value) ? Object.keys(value) : [];
  });
  return [...new Set(single === null ? several : [single, ...several])].filter((path) => path !== "");
}

function changeOf(
  args: Arguments,
  paths: readonly string[],
  nameOf: (path: string) => string,
): { patch: string | null; paths: string[] } {
  const path = paths[0] ?? null;
  const told = firstText(args, patchKeys);
  const patch = told === null ? undefined : toldPatch(told, path, nameOf);
  if (patch !== undefined) return patch;

  const edits = listAt(args, "edits");
  if (edits.length > 0) return editsPatch(edits, path, nameOf);
  const replacement = replacementOf(args);
  if (path === null) return { patch: null, paths: [] };
  if (replacement !== undefined) return { patch: replacePatch(path, [replacement]), paths: [] };
  const content = firstText(args, [...contentKeys, "new_source"]);
  return { patch: content === null ? null : writePatch(path, content), paths: [] };
}

/** Several replacements of one call; each may name its own file. Replacements of one file are told together. */
function editsPatch(
  edits: readonly JsonValue[],
  path: string | null,
  nameOf: (path: string) => string,
): { patch: string | null; paths: string[] } {
  const byPath = Map.groupBy(edits, (edit) => {
    const own = firstText(edit, pathKeys);
    return own === null ? path : nameOf(own);
  });
  const patches: string[] = [];
  for (const [file, own] of byPath) {
    const replacements = own.flatMap((edit) => replacementOf(edit) ?? []);
    if (file !== null && replacements.length > 0) patches.push(replacePatch(file, replacements));
  }
  return { patch: patches.length === 0 ? null : patches.join("\n"), paths: [] };
}

function replacementOf(value: JsonValue): { from: string; to: string } | undefined {
  const from = firstText(value, oldKeys, true);
  const to = firstText(value, newKeys, true);
  if (from === null && to === null) return undefined;
  return { from: from ?? "", to: to ?? "" };
}

function firstText(value: JsonValue, keys: readonly string[], mayBeEmpty = false): string | null {
  if (!isJsonObject(value)) return null;
  for (const key of keys) {
    const found = Object.hasOwn(value, key) ? value[key] : undefined;
    if (typeof found === "string" && (mayBeEmpty || found !== "")) return found;
  }
  return null;
}

/** A path as it is named from the first of some folders that it lies below; else as the trace names it. */
function relativeName(path: string, folders: readonly (string | null)[]): string {
  const name = path.replaceAll("\\", "/");
  for (const folder of folders) {
    if (folder === null || folder === "") continue;
    const base = `${folder.replaceAll("\\", "/").replace(/\/+$/, "")}/`;
    if (name.startsWith(base) && name.length > base.length) return name.slice(base.length);
  }
  return name.replace(/^(?:\.\/)+/, "");
}
