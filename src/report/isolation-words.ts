import type { EvaluationFigures } from "../evaluate/figures.ts";
import type { IsolationCounts } from "../evaluate/agent-isolation.ts";
import { counted } from "./figure-words.ts";
import { studentNames } from "./student-names.ts";

type Kind = IsolationCounts extends ReadonlyMap<infer K, number> ? K : never;

const words: Record<Kind, string> = {
  bwrap: "in a sandbox (bwrap)",
  unshare: "in a namespace of its own processes (unshare), with the files of its user",
  none: "without any, with the files and processes of its user",
  "not noted": "in a way that was not noted",
};

/** How the agents of an evaluation were isolated, as one sentence; none where every student is a plain chat. */
export function isolationWords({ skills, plan }: EvaluationFigures): string[] {
  const nameOf = studentNames(plan);
  const agents = new Map<string, Map<Kind, number>>();
  for (const { students } of skills)
    for (const { student, version, isolation } of students) {
      if (isolation.size === 0) continue;
      const name = nameOf(student, version);
      const counts = agents.get(name) ?? new Map<Kind, number>();
      agents.set(name, counts);
      for (const [kind, count] of isolation) counts.set(kind, (counts.get(kind) ?? 0) + count);
    }
  if (agents.size === 0) return [];
  const listed = [...agents].map(([name, counts]) => {
    const kinds = [...counts].map(([kind, count]) => `${words[kind]} (${counted(count, "run")})`);
    return `${name} ran ${kinds.join(" and ")}`;
  });
  return [`Isolation of agents: ${listed.join("; ")}.`];
}
