import { format } from "node:util";
import { showHidden } from "./hidden-characters.ts";

/** One remark on a `SKILL.md`; `line` is 1-based. */
export interface Finding {
  rule: string;
  severity: "error" | "warning";
  file: string;
  line: number;
  message: string;
  hint: string;
}

interface LintRule {
  severity: Finding["severity"];
  /** The file cannot be loaded as a skill at all. */
  unreadable?: boolean;
  /** `%s` stands for the values of the problem, in order. */
  message: string;
  hint: string;
}

/**
 * Errors are what the Agent Skills specification (agentskills.io) and its validator, other YAML readers, or our
 * trust rules refuse. Warnings are the specification's advice. The ids are public: people and CI match on them.
 */
const table = {
  "file-name": {
    severity: "error",
    message: "The file is named %s.",
    hint: "Name it exactly SKILL.md: agents look for no other spelling.",
  },
  "file-place": {
    severity: "error",
    unreadable: true,
    message: "The skill lies directly in the library.",
    hint: "Move it into a folder with the skill's name.",
  },
  "file-size": {
    severity: "error",
    unreadable: true,
    message: "The file is larger than 1 MiB.",
    hint: "Keep instructions under 500 lines and move material to references/.",
  },
  "file-unreadable": {
    severity: "error",
    unreadable: true,
    message: "It cannot be read: %s.",
    hint: "Make it a regular file or folder that this user may read.",
  },
  "symlink-file": {
    severity: "error",
    unreadable: true,
    message: "The file is a symbolic link.",
    hint: "Replace the link by the file itself: links are not followed.",
  },
  "symlink-folder": {
    severity: "warning",
    unreadable: true,
    message: "The folder is a symbolic link, so nothing in it was checked.",
    hint: "Name the folder it points to, or replace the link by the folder itself.",
  },
  encoding: {
    severity: "error",
    unreadable: true,
    message: "The text is not UTF-8.",
    hint: "Save the file as UTF-8.",
  },
  "byte-order-mark": {
    severity: "error",
    unreadable: true,
    message: "The file starts with a byte order mark.",
    hint: 'Save it as "UTF-8 without BOM": the first bytes must be ---.',
  },
  "line-ends": {
    severity: "error",
    unreadable: true,
    message: "The front matter holds a carriage return without a line feed.",
    hint: "Save the file with LF or CRLF line ends.",
  },
  "front-matter-start": {
    severity: "error",
    unreadable: true,
    message: "The file starts with %s instead of ---.",
    hint: "Make --- the first line, with nothing before it, not even a blank line.",
  },
  "front-matter-language": {
    severity: "error",
    unreadable: true,
    message: "The front matter names the language %s.",
    hint: "Write plain --- and YAML: front matter in another language is never read, let alone run.",
  },
  "front-matter-end": {
    severity: "error",
    unreadable: true,
    message: "The front matter is not closed%s.",
    hint: "End it with a line that holds --- and nothing else.",
  },
  "front-matter-size": {
    severity: "error",
    unreadable: true,
    message: "The front matter is longer than 16,384 characters.",
    hint: "Keep it to a few lines; agents hold the front matter of every skill in memory.",
  },
  "front-matter-characters": {
    severity: "error",
    unreadable: true,
    message: "The front matter holds %s, which YAML readers refuse or take for a line break.",
    hint: "Remove the character.",
  },
  "yaml-syntax": {
    severity: "error",
    unreadable: true,
    message: "The front matter is not YAML: %s.",
    hint: "Put the value in double quotes.",
  },
  "yaml-mapping": {
    severity: "error",
    unreadable: true,
    message: "The front matter is not a list of `key: value` lines.",
    hint: "Write `name: ...` and `description: ...`, each on its own line.",
  },
  "yaml-subset-flow": {
    severity: "error",
    message: "Flow style ([...] or {...}) is outside of the YAML subset of skills.",
    hint: "Write one `key: value` a line, and put text that starts with a bracket in double quotes.",
  },
  "yaml-subset-anchor": {
    severity: "error",
    unreadable: true,
    message: "Anchors (&) and aliases (*) are outside of the YAML subset of skills.",
    hint: "Write the value out, or put text that starts with & or * in double quotes.",
  },
  "yaml-subset-tag": {
    severity: "error",
    unreadable: true,
    message: "Tags (!) are outside of the YAML subset of skills.",
    hint: "Remove the tag, or put text that starts with ! in double quotes.",
  },
  "yaml-subset-duplicate": {
    severity: "error",
    unreadable: true,
    message: "The key %s occurs twice.",
    hint: "Keep one of the two.",
  },
  "yaml-subset-tab": {
    severity: "error",
    message: "A tab outside of quotes is refused by other YAML readers.",
    hint: "Use spaces.",
  },
  "yaml-subset-document": {
    severity: "error",
    unreadable: true,
    message: "The front matter holds a document end marker (...).",
    hint: "Remove the line: front matter is one YAML document.",
  },
  "hyphens-in-value": {
    severity: "error",
    message: "Three hyphens inside the front matter: many readers end it here and drop the rest.",
    hint: "Use a dash (—) or fewer hyphens, also in comments.",
  },
  "unknown-key": {
    severity: "error",
    message: "The key %s is not in the specification.",
    hint: "Keep to name, description, license, compatibility, metadata and allowed-tools.",
  },
  "value-type": {
    severity: "error",
    unreadable: true,
    message: "The value of %s is a list or a map.",
    hint: "Write text, in double quotes, on one line.",
  },
  "value-ambiguous": {
    severity: "error",
    message:
      "The value of %s is %s, which other YAML readers take for a number, truth value, date or nothing.",
    hint: "Put the value in double quotes.",
  },
  "value-empty": {
    severity: "warning",
    message: "The key %s has no value.",
    hint: "Write a value or remove the key.",
  },
  "name-missing": {
    severity: "error",
    unreadable: true,
    message: "The skill has no name.",
    hint: "Add `name:` with the name of the folder.",
  },
  "name-format": {
    severity: "error",
    unreadable: true,
    message: "The name %s is not made of lower-case letters (a-z), digits and single inner hyphens.",
    hint: "Choose another name and rename the folder too.",
  },
  "name-length": {
    severity: "error",
    unreadable: true,
    message: "The name has %s characters; 64 are allowed.",
    hint: "Shorten it and rename the folder too.",
  },
  "name-folder": {
    severity: "error",
    message: "The name %s differs from the folder %s.",
    hint: "Rename one of the two: agents find a skill by its folder.",
  },
  "name-duplicate": {
    severity: "error",
    unreadable: true,
    message: "The name %s is taken by %s.",
    hint: "Rename or retire one of the two: agents load only one skill of a name.",
  },
  "description-missing": {
    severity: "error",
    unreadable: true,
    message: "The skill has no description.",
    hint: "Say in one or two sentences what it does and when to use it.",
  },
  "description-length": {
    severity: "error",
    message: "The description has %s characters; 1,024 are allowed.",
    hint: "Shorten it and move detail into the body.",
  },
  "description-short": {
    severity: "warning",
    message: "The description has only %s characters.",
    hint: "Say what the skill does and when to use it, in words that a task would use.",
  },
  "description-brackets": {
    severity: "error",
    message: "The description holds < or >, which skill uploads refuse as markup.",
    hint: "Use words, such as `under` and `over`.",
  },
  "description-comment": {
    severity: "warning",
    message: "The description ends at a # that starts a comment.",
    hint: "Put the description in double quotes if the # belongs to it.",
  },
  "compatibility-length": {
    severity: "error",
    message: "The compatibility note has %s characters; 1 to 500 are allowed.",
    hint: "Name the product, packages or network access that are needed, or remove the key.",
  },
  "metadata-type": {
    severity: "error",
    message: "metadata maps text to text: %s.",
    hint: "Indent one `key: value` a line below `metadata:`, with each value in double quotes.",
  },
  "allowed-tools-type": {
    severity: "error",
    message: "The value of allowed-tools is a list or a map.",
    hint: "Write the tools as one text, separated by spaces.",
  },
  "allowed-tools-commas": {
    severity: "warning",
    message: "The tools in allowed-tools are separated by commas.",
    hint: "Separate them by spaces.",
  },
  "hidden-characters": {
    severity: "error",
    message: "Hidden characters that an agent reads and a reviewer does not see: %s.",
    hint: "Remove them, or write their code points out.",
  },
  "body-empty": {
    severity: "warning",
    message: "The skill has no instructions after the front matter.",
    hint: "Write steps, examples and edge cases.",
  },
  "body-length": {
    severity: "warning",
    message: "The body has %s lines and about %s tokens; under 500 lines and 5,000 tokens are advised.",
    hint: "Move material to references/ and say when to read it.",
  },
  "html-comment": {
    severity: "warning",
    message: "An agent reads this HTML comment, a reader of the rendered page does not see it.",
    hint: "Remove it or make it visible text.",
  },
  "link-outside": {
    severity: "warning",
    message: "The link %s leaves the skill's folder and breaks where only the folder is installed.",
    hint: "Copy the file into the folder, or link to its address on the web.",
  },
  "link-depth": {
    severity: "warning",
    message: "The link %s reaches more than one level into references/.",
    hint: "Keep reference files directly in references/.",
  },
} satisfies Record<string, LintRule>;

export type RuleId = keyof typeof table;

export const lintRules: Readonly<Record<RuleId, LintRule>> = table;

/** What is wrong where, before it is put into words. `hint` replaces the rule's own. */
export interface Problem {
  rule: RuleId;
  line: number;
  values?: readonly string[];
  hint?: string;
}

/** The problem as people read it. */
export function describeProblem(problem: Problem, file: string): Finding {
  const rule = lintRules[problem.rule];
  return {
    rule: problem.rule,
    severity: rule.severity,
    file,
    line: problem.line,
    message: format(rule.message, ...(problem.values ?? [])),
    hint: problem.hint ?? rule.hint,
  };
}

/** Text of a skill inside a message: in quotes, on one line, nothing hidden, at most 60 characters. */
export function quoted(text: string): string {
  const characters = Array.from(text.slice(0, 200));
  const short = characters.length > 60 ? `${characters.slice(0, 59).join("")}…` : characters.join("");
  return JSON.stringify(showHidden(short));
}
