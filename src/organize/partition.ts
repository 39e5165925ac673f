/** Skills that belong together, by name. */
export interface Cluster {
  reason: string;
  skills: readonly string[];
}

export interface Partition {
  /** Disjoint; every name that was asked about is in at most one. */
  clusters: Cluster[];
  /** Names that no cluster has; they stay as they are. */
  rest: string[];
  /** What was wrong with the answer, one sentence each. */
  repairs: string[];
}

/** Names of an answer that a repair shows. */
const longestShown = 80;

/**
 * Makes a partition out of proposed clusters. A name that does not exist is left out, one that is in several clusters
 * stays in the first, and one that is in none stays on its own; each is reported.
 */
export function partitionOf(proposed: readonly Cluster[], names: readonly string[]): Partition {
  const open = new Set(names);
  const known = new Set(names);
  const repairs: string[] = [];
  const clusters: Cluster[] = [];
  for (const [index, { reason, skills }] of proposed.entries()) {
    const kept: string[] = [];
    const where = `cluster ${index + 1}`;
    for (const name of skills) {
      if (open.delete(name)) kept.push(name);
      else if (known.has(name))
        repairs.push(`${shown(name)} is named again in ${where}; it stays where it was named first.`);
      else repairs.push(`${shown(name)} in ${where} is no skill of this scope; it is left out.`);
    }
    if (kept.length > 0) clusters.push({ reason, skills: kept });
  }
  const rest = [...open];
  for (const name of rest) repairs.push(`${shown(name)} is in no cluster; it stays as it is.`);
  return { clusters, rest, repairs };
}

function shown(name: string): string {
  return JSON.stringify(name.length > longestShown ? `${name.slice(0, longestShown)}…` : name);
}

/**
 * Parts clusters where two of their skills must not become one: each skill joins the first part that it can be with.
 * `conflict` gives the reason as a clause, or null.
 */
export function separated(
  clusters: readonly Cluster[],
  conflict: (one: string, other: string) => string | null,
): { clusters: Cluster[]; repairs: string[] } {
  const repairs: string[] = [];
  const parted = clusters.flatMap(({ reason, skills }) => {
    const groups: string[][] = [];
    for (const name of skills) {
      let problem: string | undefined;
      const fit = groups.find((group) =>
        group.every((other) => {
          const found = conflict(name, other);
          if (found !== null) problem ??= `${name} and ${other} stay apart: ${found}.`;
          return found === null;
        }),
      );
      if (fit) fit.push(name);
      else groups.push([name]);
      if (!fit && problem !== undefined) repairs.push(problem);
    }
    return groups.map((group) => ({ reason, skills: group }));
  });
  return { clusters: parted, repairs };
}

/** Clusters of overlapping questions: those that share a skill are one, with the first one's reason. */
export function unitedClusters(clusters: readonly Cluster[]): Cluster[] {
  const united: { reason: string; skills: Set<string> }[] = [];
  const byName = new Map<string, { reason: string; skills: Set<string> }>();
  for (const { reason, skills } of clusters) {
    const touched = [...new Set(skills.flatMap((name) => byName.get(name) ?? []))];
    const [first = { reason, skills: new Set<string>() }, ...others] = touched;
    if (touched.length === 0) united.push(first);
    for (const name of [...others.flatMap((other) => [...other.skills]), ...skills]) {
      first.skills.add(name);
      byName.set(name, first);
    }
    for (const other of others) other.skills.clear();
  }
  return united
    .filter(({ skills }) => skills.size > 0)
    .map(({ reason, skills }) => ({ reason, skills: [...skills] }));
}
