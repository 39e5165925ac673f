import { plainPrompt } from "./eval-case.ts";
import { caseDigest, type SuiteCase } from "./suite.ts";

/** What a change does to the cases of a skill, by their ids on the base. */
export interface KeptCases {
  /** Cases of the base that the change removes, or asks otherwise: they are measured as they were. */
  removed: string[];
  changed: string[];
  /** Must-pass cases that the change calls none: they stay must-pass. */
  softened: string[];
  /** Cases that counted on the base and are called seen by the change. */
  hidden: string[];
}

/**
 * The cases that a change is measured on: its own, and those of the base that it does not have any more. A change may
 * bring better cases, but not choose the ones that it is judged by; cases are replaced by a change of their own.
 * `hasJudge`: whether assertions count.
 */
export function withKeptCases(
  own: readonly SuiteCase[],
  base: readonly SuiteCase[],
  hasJudge: boolean,
): { cases: SuiteCase[]; kept: KeptCases } {
  const digest = (one: SuiteCase): string => caseDigest(one, hasJudge ? "judge" : null);
  const byDigest = new Map(own.map((one) => [digest(one), one]));
  const bySource = new Map(own.map((one) => [plainPrompt(one.prompt), one.source]));
  const ids = new Set(own.map(({ id }) => id));
  const cases = new Map(own.map((one) => [one.id, one]));
  const kept: KeptCases = { removed: [], changed: [], softened: [], hidden: [] };
  for (const before of base) {
    const now = byDigest.get(digest(before));
    if (now === undefined) {
      (ids.has(before.id) ? kept.changed : kept.removed).push(before.id);
      const id = freeId(`${before.id} (base)`, cases);
      const source = bySource.get(plainPrompt(before.prompt)) ?? `${before.source} (base)`;
      cases.set(id, { ...before, id, source });
      continue;
    }
    if (before.mustPass && !now.mustPass) {
      kept.softened.push(before.id);
      cases.set(now.id, { ...now, mustPass: true });
    }
    if (now.seen && !before.seen) kept.hidden.push(before.id);
  }
  return { cases: [...cases.values()], kept };
}

function freeId(wanted: string, taken: ReadonlyMap<string, unknown>): string {
  let id = wanted;
  for (let count = 2; taken.has(id); count += 1) id = `${wanted} ${count}`;
  return id;
}

/** What a reviewer should know of it, as sentences. */
export function keptCasesWords(skill: string, { removed, changed, softened, hidden }: KeptCases): string[] {
  const told = (ids: readonly string[]): string =>
    `${ids.slice(0, 5).join(", ")}${ids.length > 5 ? ` and ${ids.length - 5} more` : ""}`;
  const words: string[] = [];
  if (removed.length + changed.length > 0) {
    words.push(
      `This change replaces cases of ${skill} (${told([...removed, ...changed])}); they are measured as the base has them, beside the new ones. To replace cases, change them in a pull request of their own.`,
    );
  }
  if (softened.length > 0) words.push(`Cases of ${skill} stay must-pass, as on the base: ${told(softened)}.`);
  if (hidden.length > 0) {
    words.push(`Cases of ${skill} counted on the base and are called seen by this change: ${told(hidden)}.`);
  }
  return words;
}
