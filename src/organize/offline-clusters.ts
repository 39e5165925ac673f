import type { OrganizedSkill } from "./library-scan.ts";
import { likenessOf } from "./likeness.ts";
import type { Cluster } from "./partition.ts";
import { themesOf } from "./themes.ts";

/** Themes by what the skills say, without a model. Skills that must stay apart are never compared. */
export function offlineClusters(
  skills: readonly OrganizedSkill[],
  threshold: number,
  conflict: (one: string, other: string) => string | null,
): Cluster[] {
  const likeness = likenessOf(skills.map(comparedText));
  const nameAt = (index: number): string => skills[index]?.name ?? "";
  const themes = themesOf(
    likeness,
    likeness.pairs(threshold),
    threshold,
    (one, other) => conflict(nameAt(one), nameAt(other)) === null,
  );
  return themes.map((members) => {
    const names = members.map(nameAt);
    return { reason: `Their words are alike (${threshold} or more of 1).`, skills: names };
  });
}

/** What of a skill is compared: its name as words, its description and its body. */
export function comparedText({
  name,
  body,
  frontMatter,
}: Pick<OrganizedSkill, "name" | "body" | "frontMatter">): string {
  return `${name.split("-").join(" ")}\n${frontMatter.description}\n${body}`;
}
