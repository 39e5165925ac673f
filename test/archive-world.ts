import type { Context } from "../src/commands/context.ts";
import { archiveChange, type ArchivePlan, type ArchiveStep } from "../src/commands/archive-change.ts";
import { landChange } from "../src/commands/land-change.ts";
import { openLandingPlace } from "../src/commands/landing-place.ts";
import { evidencePathOf, skillFilesOf, skillPathOf } from "../src/commands/library-at.ts";
import { silentReporter } from "../src/reporter.ts";
import { type Archive, parseArchive } from "../src/skills/archive.ts";
import { plainClient } from "./github/client.ts";
import { cloneRepository } from "./github/clone.ts";
import { git, serverEnvironment } from "./github/git.ts";
import { type FakeGitHub, startGitHub } from "./github/github.ts";

export const repositoryName = "octo/skills";
export const repositoryToken = "ghs_job";
export const six = ["alpha", "beta", "delta", "epsilon", "gamma", "zeta"].map(
  (word) => `triton-cuda-case-${word}`,
);
export const survivor = "triton-cuda-merged-words";
export const folder = "skills/triton-cuda/evolved-improvement";
export const indexPath = ".overproof/archive.json";
export const landing = { push: true, dryRun: false };
export const local = { push: false, dryRun: false };

export function skillText(skill: string, body = "Read each row once."): string {
  return `---\nname: ${skill}\ndescription: "Speeds up ${skill}."\nmetadata:\n  version: "1.2.0"\n---\n\n# ${skill}\n\n${body}\n`;
}

/** Files that a writer would change: CRLF, blanks at the end, no last line end, a name outside of ASCII. */
export function filesOf(skill: string): Record<string, string> {
  return {
    [`${folder}/${skill}/SKILL.md`]: skillText(skill, `Says ${skill} \r\nand a blank at the end `),
    [`${folder}/${skill}/references/größe.md`]: `# ${skill}`,
    [`${folder}/${skill}/scripts/run.sh`]: "#!/bin/sh\necho hi\n",
    [`.overproof/evidence/${skill}.json`]: `{"format":1,   "skill":"${skill}"}`,
  };
}

export const allSkills: Record<string, string> = Object.fromEntries(
  six.flatMap((skill) => Object.entries(filesOf(skill))),
);

/** A library on our GitHub, and a clone of it for commands that are called as functions. */
export interface ArchiveWorld extends AsyncDisposable {
  github: FakeGitHub;
  /** Of the clone. */
  folder: string;
  /** An address of the repository that needs no token. */
  plainUrl: string;
  context: Context;
  /** Git on the server. */
  git: (...args: string[]) => Promise<string>;
  merge(number: number, method: "merge" | "squash" | "rebase"): Promise<void>;
  /** Brings the clone to the server's state. */
  pull(): Promise<void>;
  index(ref: string): Promise<Archive>;
}

export async function startArchiveWorld(files: Record<string, string>): Promise<ArchiveWorld> {
  const stack = new AsyncDisposableStack();
  const github = stack.use(await startGitHub());
  const repository = await github.createRepository(repositoryName, { files: { "README.md": "# Skills\n" } });
  await github.commit(repositoryName, { files });
  const permissions = { metadata: "read", contents: "write", pull_requests: "write" } as const;
  github.addToken(repositoryToken, { login: "github-actions[bot]", permissions });
  const clone = stack.use(await cloneRepository(github, repositoryName, repositoryToken));
  const plainUrl = `file://${repository.directory}`;
  return {
    github,
    folder: clone.folder,
    plainUrl,
    context: contextIn(clone.folder, github),
    git: repository.git,
    async merge(number, method) {
      const pull = { owner: "octo", repo: "skills", pull_number: number, merge_method: method };
      await plainClient(github, repositoryToken).rest.pulls.merge(pull);
    },
    async pull() {
      await git(clone.folder, ["pull", "--quiet", plainUrl, "main"]);
    },
    async index(ref) {
      return parseArchive(await repository.git("show", `${ref}:${indexPath}`), indexPath);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** What a door would hand down; without a server there is no token either. */
export function contextIn(cwd: string, github?: FakeGitHub): Context {
  return {
    cwd,
    environment: {
      ...serverEnvironment,
      ...(github && {
        GITHUB_SERVER_URL: github.url,
        GITHUB_API_URL: github.apiUrl,
        GITHUB_REPOSITORY: repositoryName,
        GITHUB_TOKEN: repositoryToken,
      }),
    },
    reporter: silentReporter,
    now: () => new Date("2026-03-01T10:00:00Z"),
    random: () => 0.5,
    sleep: async () => {},
  };
}

/** Merges all six into the survivor and proposes that; returns the number of the pull request. */
export async function mergeSkills({ context }: ArchiveWorld): Promise<number> {
  const place = await openLandingPlace(landing, context);
  const { landed } = await landChange(archiveChange(mergePlan, place), place);
  return landed.number ?? 0;
}

/** Six skills leave, one comes. */
const mergePlan: ArchivePlan<ArchiveStep> = {
  branch: "overproof/organize/triton-cuda",
  title: "Merge skills",
  async make(at) {
    const gone = six.flatMap((source) => {
      const path = skillPathOf(at, source) ?? "";
      return [...skillFilesOf(at.files, path).map((file) => file.path), evidencePathOf(at, source)];
    });
    return {
      changes: [
        ...gone.map((path) => ({ path, content: null })),
        { path: `${folder}/${survivor}/SKILL.md`, content: skillText(survivor) },
      ],
      retired: six.map((source) => ({
        name: source,
        path: `triton-cuda/evolved-improvement/${source}/SKILL.md`,
        survivors: [survivor],
        reason: "They say the same.",
        results: null,
      })),
      restored: [],
    };
  },
  words: (_, entries) => ({
    body: "Merges them.",
    message: "",
    trailers: entries.map((entry) => ["Overproof-Supersedes", `${entry.name}@${entry.commit}`] as const),
  }),
  isDone: (at) => skillPathOf(at, survivor) !== undefined,
  refusesTwice: false,
};

/** Mode, id and path of every file of a skill, and of its evidence, in a commit of some repository. */
export async function blobsIn(repository: string, ref: string, skill: string): Promise<string> {
  const paths = [`${folder}/${skill}`, `.overproof/evidence/${skill}.json`];
  return git(repository, ["ls-tree", "-r", ref, "--", ...paths]);
}

/** The content of a symbolic link. */
export function linkBlob(cwd: string): Promise<string> {
  return git(cwd, ["hash-object", "-w", "--stdin"], { input: "/etc/passwd" });
}
