import { basename, dirname } from "node:path/posix";
import { bodyProblems } from "./body-checks.ts";
import { codePointName, hiddenCharacters } from "./hidden-characters.ts";
import { describeProblem, type Finding, type Problem, quoted, type RuleId } from "./lint-rules.ts";
import { readSkillFile, type SkillReading } from "./skill-file.ts";

export type { Finding } from "./lint-rules.ts";

/** More findings of one rule in one file are counted, not listed. */
const listedPerRule = 20;

/**
 * Checks the text of a `SKILL.md` against the Agent Skills specification and the rules of this product. Reports,
 * in the order of lines; never throws for bad text. `file` (POSIX) is what the findings name; `folder` is the name
 * of the folder the skill lies in, taken from `file` where it is not given.
 */
export function lintSkill(text: string, file: string, options: { folder?: string } = {}): Finding[] {
  return lintReading(readSkillFile(text), text, file, options);
}

/** `lintSkill` for a text that has been read already. */
export function lintReading(
  reading: SkillReading,
  text: string,
  file: string,
  options: { folder?: string },
): Finding[] {
  const { block, nameLine, problems, skill } = reading;
  const all: Problem[] = [...problems];
  const fileName = basename(file);
  if (fileName !== "SKILL.md") all.push({ rule: "file-name", line: 1, values: [quoted(fileName)] });
  const folder = options.folder ?? basename(dirname(file));
  const name = skill?.frontMatter.name ?? folder;
  // A file without a folder in its path, or with `..` as one, does not tell what its folder is called.
  if (name !== folder && !["", ".", ".."].includes(folder)) {
    all.push({ rule: "name-folder", line: nameLine ?? 1, values: [quoted(name), quoted(folder)] });
  }
  if (block) all.push(...bodyProblems(text.slice(block.bodyStart), block.bodyLine));
  if (!problems.some(({ rule }) => rule === "file-size")) {
    const refused = new Set(
      problems.flatMap(({ rule, line }) => (rule === "front-matter-characters" ? [line] : [])),
    );
    all.push(...hiddenProblems(text).filter(({ line }) => !refused.has(line)));
  }
  return listed(all).map((problem) => describeProblem(problem, file));
}

/** One problem a line. A mark at the very start and halves of characters have rules of their own. */
function hiddenProblems(text: string): Problem[] {
  const byLine = new Map<number, Set<string>>();
  let line = 1;
  let counted = 0;
  for (const { index, character } of hiddenCharacters(text)) {
    if (index === 0 && character === "\uFEFF") continue;
    if (/\p{Cs}/u.test(character)) continue;
    for (; counted < index; counted++) if (text[counted] === "\n") line += 1;
    const names = byLine.get(line) ?? new Set();
    byLine.set(line, names.add(codePointName(character)));
  }
  return [...byLine].map(([line, names]) => {
    const some = [...names].slice(0, 5).join(", ");
    const values = [names.size > 5 ? `${some} and ${names.size - 5} more kinds` : some];
    return { rule: "hidden-characters", line, values };
  });
}

function listed(problems: readonly Problem[]): Problem[] {
  const counts = new Map<RuleId, number>();
  const kept = problems
    .toSorted((one, other) => one.line - other.line)
    .filter(({ rule }) => {
      const count = (counts.get(rule) ?? 0) + 1;
      counts.set(rule, count);
      return count <= listedPerRule;
    });
  const lastOf = new Map(kept.map((problem) => [problem.rule, problem]));
  return kept.map((problem) => {
    const more = (counts.get(problem.rule) ?? 0) - listedPerRule;
    if (more <= 0 || lastOf.get(problem.rule) !== problem) return problem;
    return { ...problem, hint: `The rule finds ${more} more in this file.` };
  });
}
