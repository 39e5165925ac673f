import { groupBy } from "../group-by.ts";
import {
  type AppliedSkill,
  applyProposal,
  compareSkills,
  type ReviewedSkill,
} from "../distill/apply-proposal.ts";
import type { Proposal } from "../distill/proposal.ts";
import { formatMessage } from "../git/message.ts";
import { startingPoint } from "../git/starting-point.ts";
import { pullRequestBody, pullRequestTitle } from "../report/pull-request-body.ts";
import type { CollectedResults } from "./collected-results.ts";
import type { Change, MadeChange } from "./land-change.ts";
import type { LandingPlace } from "./landing-place.ts";
import { snapshotAt } from "./library-snapshot.ts";
import { proposedResults } from "./proposed-results.ts";

/** Each skill once, with what a proposal changes on the branch. */
export interface ChangedSkill {
  name: string;
  path: string;
  change: "added" | "changed" | "unchanged" | "removed";
}

/** What a distillation proposes. It is applied to what waits on the branch already, and both become one commit. */
export function distilledChange(
  proposal: Proposal,
  place: LandingPlace,
  results: CollectedResults | undefined,
): Change<MadeChange & { skills: ChangedSkill[] }> {
  const { repository, home, config } = place;
  return {
    branch: branchName(proposal),
    async make({ baseCommit, head }) {
      const start = await startingPoint(repository, { base: baseCommit, head, committer: config.commit });
      const content = await snapshotAt(repository, home, start.content);
      const { skills, changes, after } = await applyProposal(proposal, content);
      const baseSnapshot = await snapshotAt(repository, home, baseCommit);
      const reviewed = await compareSkills(skills, after, baseSnapshot, start.changed);
      const tree = { repository, commit: start.content, changes };
      const ab = results && (await proposedResults(reviewed, tree, { results, config }));
      return {
        start,
        changes,
        title: pullRequestTitle(reviewed),
        body: pullRequestBody(proposal, reviewed, ab),
        // An A/B of what waits there is news for a pull request that is open already.
        hasNews: (ab?.figures ?? null) !== null,
        async message() {
          const parent =
            start.parent === baseCommit ? baseSnapshot : await snapshotAt(repository, home, start.parent);
          const carriedPaths = start.rewrites ? start.changed : [];
          return commitMessage(proposal, await compareSkills(skills, after, parent, carriedPaths));
        },
        skills: proposedSkills(skills),
      };
    },
    async isIn(commit) {
      const { changes } = await applyProposal(proposal, await snapshotAt(repository, home, commit));
      return changes.length === 0;
    },
  };
}

/** Each skill once: new when the first of its traces added it, unchanged when none changed it. */
function proposedSkills(skills: readonly AppliedSkill[]): ChangedSkill[] {
  const byName = groupBy(skills, ({ skill }) => skill.name);
  return [...byName.values()].flatMap((own) => {
    const last = own.at(-1);
    const change = own.find(({ draft }) => draft.change !== "unchanged")?.draft.change ?? "unchanged";
    return last ? [{ name: last.skill.name, path: last.path, change }] : [];
  });
}

/**
 * One branch for each purpose, so that a later run finds the earlier one's pull request: the purpose that all skills
 * share, else the scope alone, else no more than that they are several.
 */
function branchName(proposal: Proposal): string {
  const purposes = new Set(proposal.skills.map(purposeOf));
  const scopes = new Set(proposal.skills.map(({ scope }) => scope));
  const [purpose = ""] = purposes;
  const [scope = ""] = scopes;
  const name = purposes.size === 1 ? purpose : scopes.size === 1 ? `${scope}-several` : "several";
  return `overproof/distill/${name}`;
}

/** The operator of a scope; fixes of a scope go together, whatever operator they were found with. */
function purposeOf({ scope, op, traces }: Proposal["skills"][number]): string {
  switch (traces[0]?.mode) {
    case "error_fix":
      return `${scope}-error-fix`;
    case "expert_tuning":
      return `${scope}-${branchWord(op)}-tuning`;
    case "session":
      return `${scope}-${branchWord(op)}-session`;
    default:
      return `${scope}-${branchWord(op)}`;
  }
}

function branchWord(op: string): string {
  const word = op
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return word.slice(0, 60).replace(/-+$/, "") || "trace";
}

/** Names every trace that the parent of the commit has not seen, those of earlier proposals included. */
function commitMessage(proposal: Proposal, skills: readonly ReviewedSkill[]): string {
  const traces = skills.flatMap((skill) => skill.traces);
  const lines = skills.map(
    ({ name, draft }) =>
      `${name}: ${draft.added.length} new, ${draft.reworded.length} reworded, ${draft.deprecated.length} deprecated claims.`,
  );
  return formatMessage(pullRequestTitle(skills), lines.join("\n"), [
    ...[...new Set(traces.map((trace) => trace.sha256))].map(
      (digest) => ["Overproof-Trace", digest] as const,
    ),
    ...[...new Set([proposal.mode, ...traces.map((trace) => trace.mode)])].map(
      (mode) => ["Overproof-Mode", mode] as const,
    ),
  ]);
}
