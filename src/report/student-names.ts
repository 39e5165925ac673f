import type { Plan } from "../evaluate/plan.ts";

/**
 * How reports name a student: its spec and the version that is pinned, without the address of a server, which is
 * nobody's business. Where that makes two students equal, both keep theirs.
 */
export function studentNames({ students }: Plan): (spec: string, version: string) => string {
  const counts = new Map<string, number>();
  for (const { spec, version } of students) {
    const name = shortName(spec, version);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return (spec, version) => {
    const name = shortName(spec, version);
    return (counts.get(name) ?? 0) > 1 ? withVersion(spec, version) : name;
  };
}

function shortName(spec: string, version: string): string {
  return withVersion(spec.replace(/@https?:\/\/.*$/i, ""), version);
}

function withVersion(spec: string, version: string): string {
  return version === "" ? spec : `${spec} ${version}`;
}
