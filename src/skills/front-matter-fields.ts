import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, Scalar, type YAMLMap } from "yaml";
import type { FrontMatter } from "./front-matter.ts";
import { lintRules, type Problem, quoted } from "./lint-rules.ts";
import { nameProblems } from "./skill-name.ts";
import { countCharacters } from "./text-size.ts";
import { readsAsText } from "./yaml-subset.ts";

/** Limits of the specification, in code points. */
export const longestDescription = 1024;
export const longestCompatibility = 500;

const specified = ["name", "description", "license", "compatibility", "metadata", "allowed-tools"];
/** Keys that only Claude Code knows. */
const claudeOnly = new Set([
  "argument-hint",
  "user-invocable",
  "disable-model-invocation",
  "model",
  "effort",
  "context",
  "agent",
  "hooks",
]);

interface Field {
  key: string;
  /** The key is not text for every YAML reader. */
  keyIsAmbiguous: boolean;
  value: unknown;
  line: number;
}

/** Checks the fields against the specification. `frontMatter` is absent when the file cannot be used as a skill. */
export function readFields(
  document: Document.Parsed,
  source: string,
  lineAt: (offset: number) => number,
): { frontMatter?: FrontMatter; nameLine: number; problems: Problem[] } {
  const root: unknown = document.contents;
  if (root !== null && !isMap(root)) return { nameLine: 2, problems: [{ rule: "yaml-mapping", line: 2 }] };
  const fields = root === null ? [] : fieldsOf(root, lineAt);
  const field = (key: string): Field | undefined => fields.find((field) => field.key === key);

  const problems = fields.flatMap((field) => unknownKey(field));
  const name = textOf(field("name"), problems);
  const nameLine = field("name")?.line ?? 2;
  if (name !== undefined || field("name") === undefined) problems.push(...nameProblems(name ?? "", nameLine));
  const description = textOf(field("description"), problems)?.trim();
  problems.push(...descriptionProblems(description ?? "", field("description"), source, lineAt));
  const license = textOf(field("license"), problems)?.trim();
  warnWhenEmpty(field("license"), license, problems);
  const compatibility = textOf(field("compatibility"), problems)?.trim();
  if (compatibility !== undefined) {
    const length = countCharacters(compatibility);
    if (length === 0 || length > longestCompatibility) {
      const line = field("compatibility")?.line ?? 2;
      problems.push({ rule: "compatibility-length", line, values: [String(length)] });
    }
  }
  const allowedTools = readAllowedTools(field("allowed-tools"), problems);
  const metadata = readMetadata(field("metadata"), lineAt, problems);

  if (name === undefined || description === undefined) return { nameLine, problems };
  if (problems.some((problem) => lintRules[problem.rule].unreadable)) return { nameLine, problems };
  return {
    nameLine,
    problems,
    frontMatter: {
      name,
      description,
      ...(license ? { license } : {}),
      ...(compatibility ? { compatibility } : {}),
      metadata,
      ...(allowedTools ? { allowedTools } : {}),
    },
  };
}

function fieldsOf(map: YAMLMap, lineAt: (offset: number) => number): Field[] {
  return map.items.flatMap(({ key, value }: Pair) => {
    if (!isScalar(key)) return [];
    const line = lineAt(key.range?.[0] ?? 0);
    return [{ key: String(key.value), keyIsAmbiguous: isAmbiguous(key), value, line }];
  });
}

function unknownKey({ key, value, line }: Field): Problem[] {
  if (specified.includes(key)) return [];
  const spelling = key.toLowerCase().replaceAll("_", "-").replace("allowedtools", "allowed-tools");
  const problem: Problem = { rule: "unknown-key", line, values: [quoted(key)] };
  if (specified.includes(spelling)) return [{ ...problem, hint: `Spell it ${spelling}.` }];
  if (claudeOnly.has(key)) {
    return [
      { ...problem, hint: "Only Claude Code knows this key: remove it, or keep it as text under metadata." },
    ];
  }
  if (!/^[\w-]{1,40}$/.test(key)) return [problem];
  const example = isScalar(value) && value.value !== "" ? quoted(String(value.value)) : '"..."';
  return [{ ...problem, hint: `Move it under metadata, as text: ${key}: ${example}` }];
}

/** The text of a field; reports anything that is not text, or not text for every YAML reader. */
function textOf(field: Field | undefined, problems: Problem[]): string | undefined {
  if (field === undefined) return undefined;
  if (isAlias(field.value)) return undefined;
  if (!isScalar(field.value)) {
    problems.push({ rule: "value-type", line: field.line, values: [field.key] });
    return undefined;
  }
  const text = String(field.value.value);
  if (isAmbiguous(field.value) && text !== "") {
    problems.push({ rule: "value-ambiguous", line: field.line, values: [field.key, text] });
  }
  return text;
}

function isAmbiguous(scalar: Scalar): boolean {
  return scalar.type === Scalar.PLAIN && !readsAsText(String(scalar.value));
}

function warnWhenEmpty(field: Field | undefined, text: string | undefined, problems: Problem[]): void {
  if (field !== undefined && text === "") {
    problems.push({ rule: "value-empty", line: field.line, values: [field.key] });
  }
}

function descriptionProblems(
  description: string,
  field: Field | undefined,
  source: string,
  lineAt: (offset: number) => number,
): Problem[] {
  const line = field?.line ?? 2;
  if (description === "") {
    const isText = field === undefined || isScalar(field.value);
    return isText ? [{ rule: "description-missing", line }] : [];
  }
  const problems: Problem[] = [];
  const length = countCharacters(description);
  if (length > longestDescription) {
    problems.push({ rule: "description-length", line, values: [length.toLocaleString("en-US")] });
  }
  if (length < 20) problems.push({ rule: "description-short", line, values: [String(length)] });
  if (field !== undefined && isScalar(field.value) && field.value.range) {
    const [start, end, nodeEnd] = field.value.range;
    if (/[<>]/.test(description)) {
      // The header of a folded block is itself a >.
      const isBlock = field.value.type === Scalar.BLOCK_FOLDED || field.value.type === Scalar.BLOCK_LITERAL;
      const textStart = isBlock ? source.indexOf("\n", start) : start;
      const bracket = source.slice(textStart, end).search(/[<>]/);
      problems.push({
        rule: "description-brackets",
        line: bracket === -1 ? line : lineAt(textStart + bracket),
      });
    }
    if (field.value.type === Scalar.PLAIN && /^[ \t]+#/.test(source.slice(end, nodeEnd))) {
      problems.push({ rule: "description-comment", line: lineAt(end) });
    }
  }
  return problems;
}

function readAllowedTools(field: Field | undefined, problems: Problem[]): string | undefined {
  if (field === undefined) return undefined;
  if (!isScalar(field.value)) {
    problems.push({ rule: "allowed-tools-type", line: field.line });
    return isSeq(field.value) ? textsOf(field.value.items).join(" ") : undefined;
  }
  const text = textOf(field, problems)?.trim();
  warnWhenEmpty(field, text, problems);
  // A comma inside of parentheses belongs to a pattern, such as Bash(git add, git commit).
  if (text?.replaceAll(/\([^()]*\)/g, "").includes(",")) {
    problems.push({ rule: "allowed-tools-commas", line: field.line });
  }
  return text;
}

function textsOf(items: readonly unknown[]): string[] {
  return items.flatMap((item) => (isScalar(item) ? [String(item.value)] : []));
}

/** Lists become one text with commas; maps in metadata are reported and left out. */
function readMetadata(
  field: Field | undefined,
  lineAt: (offset: number) => number,
  problems: Problem[],
): Record<string, string> {
  if (field === undefined) return {};
  if (!isMap(field.value)) {
    problems.push({ rule: "metadata-type", line: field.line, values: ["it is not a map"] });
    return {};
  }
  const entries: [string, string][] = [];
  for (const { key, keyIsAmbiguous, value, line } of fieldsOf(field.value, lineAt)) {
    const report = (what: string): void => {
      problems.push({ rule: "metadata-type", line, values: [what] });
    };
    if (keyIsAmbiguous) report(`the key ${quoted(key)} is another type to YAML readers`);
    if (isScalar(value)) {
      const text = String(value.value);
      if (isAmbiguous(value)) {
        report(
          text === ""
            ? `${quoted(key)} has no value`
            : `${quoted(key)} is ${text}, another type to YAML readers`,
        );
      }
      entries.push([key, text]);
    } else {
      report(`${quoted(key)} is a list or a map`);
      if (isSeq(value)) entries.push([key, textsOf(value.items).join(", ")]);
    }
  }
  return Object.fromEntries(entries);
}
