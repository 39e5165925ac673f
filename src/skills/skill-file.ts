import { isDeepStrictEqual } from "node:util";
import type { Document } from "yaml";
import { type Failure, usageFailure } from "../failure.ts";
import {
  type FrontMatter,
  type FrontMatterBlock,
  maximumFrontMatter,
  readFrontMatter,
} from "./front-matter.ts";
import {
  editFrontMatter,
  type FrontMatterEdit,
  metadataLines,
  writtenFrontMatter,
} from "./front-matter-edit.ts";
import { showHidden } from "./hidden-characters.ts";
import { describeProblem, lintRules, type Problem, quoted } from "./lint-rules.ts";
import { nameProblems } from "./skill-name.ts";
import { doubleQuoted } from "./written-value.ts";
import { readsAsText } from "./yaml-subset.ts";

/** A `SKILL.md`: its whole text, what its front matter says, and its body from the 1-based line `bodyLine` on. */
export interface SkillFile {
  text: string;
  frontMatter: FrontMatter;
  body: string;
  bodyLine: number;
}

/** In UTF-8 bytes. A skill of this size is far over every advice; larger files are not read at all. */
export const maximumSkillFile = 1_048_576;

export interface SkillReading {
  /** Absent when the file cannot be used as a skill. */
  skill?: SkillFile;
  /** What is wrong with the file's form and front matter. */
  problems: Problem[];
  /** Absent when the end of the front matter cannot be told. */
  block?: FrontMatterBlock;
  document?: Document.Parsed;
  nameLine?: number;
}

/** Reads a `SKILL.md` without throwing; says everything that is wrong before its body. */
export function readSkillFile(text: string): SkillReading {
  if (Buffer.byteLength(text) > maximumSkillFile) return { problems: [{ rule: "file-size", line: 1 }] };
  const half = /\p{Cs}/u.exec(text);
  if (half) return { problems: [{ rule: "encoding", line: text.slice(0, half.index).split("\n").length }] };
  const { frontMatter, ...reading } = readFrontMatter(text);
  const { block, problems } = reading;
  if (!block || !frontMatter || problems.some(({ rule }) => lintRules[rule].unreadable)) return reading;
  const skill = { text, frontMatter, body: text.slice(block.bodyStart), bodyLine: block.bodyLine };
  return { ...reading, skill };
}

/**
 * Reads a `SKILL.md`. Throws a Failure (exit code 2) that names file, line and rule when it cannot be used as a
 * skill; what only the linter objects to, such as an unknown key, is read over.
 */
export function parseSkillFile(text: string, file: string): SkillFile {
  const { skill, problems } = readSkillFile(text);
  if (skill) return skill;
  throw unreadable(problems, file);
}

function unreadable(problems: readonly Problem[], file: string): Failure {
  const problem = problems.find((problem) => lintRules[problem.rule].unreadable);
  if (!problem)
    return usageFailure(`${file} is not a skill.`, "Write front matter with a name and a description.");
  const { line, message, rule, hint } = describeProblem(problem, file);
  return usageFailure(`${file}:${line}: ${message} (${rule})`, hint);
}

/**
 * The text of a `SKILL.md` that the specification's validator and every YAML reader accept and read alike:
 * values in double quotes on one line, hidden characters written out, `---` replaced by a dash, an overlong
 * description or compatibility note cut at a word. Throws a Failure for what cannot be repaired without a choice:
 * a name outside of the name rule, an empty description, an odd metadata key, a file over the size limits.
 */
export function writeSkillFile(frontMatter: FrontMatter, body: string): string {
  const written = writtenFrontMatter(frontMatter);
  refuseBadFields(written);
  const { name, description, license, compatibility, allowedTools, metadata } = written;
  const entries = Object.entries(metadata);
  const lines = [
    `name: ${readsAsText(name) ? name : doubleQuoted(name)}`,
    `description: ${doubleQuoted(description)}`,
    ...(license === undefined ? [] : [`license: ${doubleQuoted(license)}`]),
    ...(compatibility === undefined ? [] : [`compatibility: ${doubleQuoted(compatibility)}`]),
    ...(allowedTools === undefined ? [] : [`allowed-tools: ${doubleQuoted(allowedTools)}`]),
    ...(entries.length === 0 ? [] : metadataLines(entries, "")),
  ];
  const content = writtenBody(body)
    .replace(/^(?:[ \t]*\n)+/, "")
    .trimEnd();
  const text = `---\n${lines.join("\n")}\n---\n${content === "" ? "" : `\n${content}\n`}`;
  refuseOversize(lines.join("\n"), text);
  return text;
}

/**
 * The text with some fields or the body changed. Everything else stays byte for byte: comments, the order and
 * quoting of other keys, line ends. An optional field that is set to an empty text is removed. A body that brings
 * no blank line at its start keeps those that are there.
 */
export function editSkillFile(text: string, edit: { frontMatter?: FrontMatterEdit; body?: string }): string {
  const { skill, block, document, problems } = readSkillFile(text);
  if (!skill || !block || !document) throw unreadable(problems, "SKILL.md");
  const { frontMatter } = skill;
  const wanted = merged(frontMatter, edit.frontMatter ?? {});
  refuseBadFields(wanted);
  const source = editFrontMatter(block, document, frontMatter, edit.frontMatter ?? {});
  const closing = text.slice(block.start + block.source.length, block.bodyStart);
  const oldBody = text.slice(block.bodyStart);
  const body = edit.body === undefined ? oldBody : editedBody(oldBody, edit.body, text);
  // Hyphens that close the file without a line end would swallow the first line of a new body.
  const separator = body === "" || closing.endsWith("\n") ? "" : lineEndOf(text);
  const edited = text.slice(0, block.start) + source + closing + separator + body;
  refuseOversize(source, edited);
  if (!isDeepStrictEqual(readSkillFile(edited).skill?.frontMatter, wanted)) {
    throw usageFailure(
      `The front matter of ${quoted(frontMatter.name)} has a form that cannot be edited in place.`,
      "Write it as plain `key: value` lines.",
    );
  }
  return edited;
}

/** The front matter as it must read after the edit; values that do not change stay as they are. */
function merged(current: FrontMatter, { metadata = {}, ...fields }: FrontMatterEdit): FrontMatter {
  const entries = new Map(Object.entries(current.metadata));
  for (const [key, value] of Object.entries(metadata)) {
    if (value === null) entries.delete(key);
    else entries.set(key, value);
  }
  const written = writtenFrontMatter({ ...current, ...fields, metadata: Object.fromEntries(entries) });
  const kept = Object.fromEntries(
    Object.entries(written.metadata).map(([key, value]) => [
      key,
      Object.hasOwn(metadata, key) ? value : (entries.get(key) ?? value),
    ]),
  );
  const unchanged = Object.fromEntries(
    Object.entries(current).filter(([key]) => key !== "metadata" && !Object.hasOwn(fields, key)),
  );
  return { ...written, ...unchanged, metadata: kept };
}

function editedBody(oldBody: string, newBody: string, text: string): string {
  if (newBody === oldBody) return oldBody;
  const blankStart = /^(?:[ \t]*\r?\n)*/;
  const lead = newBody === "" || /^[ \t]*\r?\n/.test(newBody) ? "" : (blankStart.exec(oldBody)?.[0] ?? "");
  const lines = writtenBody(newBody);
  const closed = lines === "" || lines.endsWith("\n") ? lines : `${lines}\n`;
  return lead + closed.replaceAll("\n", lineEndOf(text));
}

function lineEndOf(text: string): string {
  return /^[^\n]*\r\n/.test(text) ? "\r\n" : "\n";
}

function writtenBody(body: string): string {
  return showHidden(body.replaceAll(/\r\n?/g, "\n"));
}

function refuseBadFields({ name, description }: FrontMatter): void {
  const [problem] = nameProblems(name, 1);
  if (problem) {
    const { message, hint } = describeProblem(problem, "SKILL.md");
    throw usageFailure(message, hint);
  }
  if (description === "") {
    throw usageFailure(
      `The skill ${quoted(name)} has no description.`,
      "Say what it does and when to use it.",
    );
  }
}

function refuseOversize(source: string, text: string): void {
  if (source.length >= maximumFrontMatter || Buffer.byteLength(text) > maximumSkillFile) {
    throw usageFailure(
      "The skill is larger than a SKILL.md may be (16,384 characters of front matter, 1 MiB in all).",
      "Shorten it or move material to references/.",
    );
  }
}
