import type { AlikePair, Likeness } from "./likeness.ts";

/** How large a theme may become: what is merged has to stay a skill that somebody reads. */
export const mostInTheme = 12;

/**
 * The share of the threshold that the members of two themes have to reach on average for the two to become one. Each
 * pair of a chain is alike; its ends are not, and a chain through a library would end as one skill about everything.
 */
const bond = 0.8;

/**
 * Groups texts: the most alike pairs first, and two groups become one only where their members are alike on average
 * (average linkage) and not too many. Returns the groups of two and more, by place, each sorted.
 */
export function themesOf(
  likeness: Likeness,
  pairs: readonly AlikePair[],
  threshold: number,
  mayJoin: (one: number, other: number) => boolean = () => true,
): number[][] {
  const groupOf = new Map<number, number[]>();
  const groups = new Set<number[]>();
  const byLikeness = [...pairs].sort((a, b) => b.score - a.score || a.one - b.one || a.other - b.other);
  for (const { one, other } of byLikeness) {
    const left = groupOf.get(one) ?? [one];
    const right = groupOf.get(other) ?? [other];
    if (left === right || left.length + right.length > mostInTheme) continue;
    if (meanScore(likeness, left, right) < bond * threshold) continue;
    if (!left.every((a) => right.every((b) => mayJoin(a, b)))) continue;
    const joined = [...left, ...right];
    groups.delete(left);
    groups.delete(right);
    groups.add(joined);
    for (const member of joined) groupOf.set(member, joined);
  }
  return [...groups].map((group) => group.sort((a, b) => a - b)).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
}

function meanScore(likeness: Likeness, left: readonly number[], right: readonly number[]): number {
  let sum = 0;
  for (const one of left) for (const other of right) sum += likeness.score(one, other);
  return sum / (left.length * right.length);
}
