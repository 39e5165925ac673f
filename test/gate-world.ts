import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { GateResult } from "../src/commands/gate.ts";
import { plainClient } from "./github/client.ts";
import { cloneRepository } from "./github/clone.ts";
import { type FakeGitHub, startGitHub } from "./github/github.ts";
import type { CheckRun } from "./github/state.ts";
import { writeTree } from "./github/tree.ts";
import { chatCompletion, type ModelServer, type Scripted, startModelServer } from "./model-server.ts";
import { cli, type Run, temporaryFolder } from "./run.ts";

export const name = "octo/skills";
export const token = "ghs_job";
export const skillPath = "skills/probe-skill/SKILL.md";
const here = { owner: "octo", repo: "skills" };

/** A student whom this word helps, and whom the other one confuses. */
export const help = "zebra-quartz-playbook";
export const harm = "umbra-basalt-playbook";

export function skillText(word: string): string {
  return `---
name: probe-skill
description: "Answer numbered questions. Use when a question has a number."
---

# Playbook ${word}

Answer with the code of the question.
`;
}

export function casesText(count = 12): string {
  const tests = Array.from({ length: count }, (_, index) => ({
    input: `Solve question-${100 + index}`,
    expected: { contains: [`ANSWER-${100 + index}-DONE`] },
  }));
  return JSON.stringify({ metadata: {}, tests });
}

const student: Scripted = (response, request) => {
  const text = JSON.stringify(request.body);
  const id = Number(/question-(\d+)/.exec(text)?.[1]);
  const isSolved = text.includes(harm) ? false : text.includes(help) || id % 2 === 0;
  chatCompletion(isSolved ? `ANSWER-${id}-DONE` : "I do not know.")(response, request);
};

/** A repository with a skill and its cases, a pull request that changes it, and a clone that has it checked out. */
export interface GateWorld extends AsyncDisposable {
  github: FakeGitHub;
  model: ModelServer;
  folder: string;
  number: number;
  headSha: string;
  baseSha: string;
  /** The environment of a job for the pull request. */
  env: Record<string, string>;
  evaluate(...args: string[]): Promise<Run>;
  /** Names no skill. */
  evaluateAll(...args: string[]): Promise<Run>;
  gate(...args: string[]): Promise<Run & { result: GateResult }>;
  checks(): CheckRun[];
  comments(): string[];
  /** Writes the payload of an event and returns the variables that point to it. */
  event(kind: string, payload: unknown): Promise<Record<string, string>>;
  git(...args: string[]): Promise<string>;
}

export interface Change {
  /** What the pull request does to files; null removes one. */
  files: Record<string, string | null>;
  permissions?: Record<string, "read" | "write">;
  isFork?: boolean;
  /** The branch that it goes to; main when absent. */
  target?: string;
  /** More lines of `evaluate` in the configuration of the base. */
  more?: string;
  /** What the base has in other files than usual. */
  base?: Record<string, string>;
  /** Whether the configuration of the base is a link to where it really is. */
  configLink?: boolean;
  /** Of `gate` in the configuration of the base. */
  gate?: string;
  /** Whether students are configured. */
  students?: boolean;
}

export async function startGateWorld(change: Change): Promise<GateWorld> {
  const stack = new AsyncDisposableStack();
  const github = stack.use(await startGitHub());
  const model = stack.use(await startModelServer(student));
  const events = stack.use(await temporaryFolder());
  const students = change.students === false ? "[]" : `["openai:fake@${model.url}/v1"]`;
  await github.createRepository(name, {
    files: {
      "README.md": "# Skills\n",
      "overproof.yml": `evaluate:\n  students: ${students}\n  repeats: 2\n${change.more ?? ""}${change.gate ?? ""}`,
      [skillPath]: skillText("of old"),
      "skills/probe-skill/skill_meta.json": casesText(),
      "skills/other-skill/SKILL.md": skillText("other").replaceAll("probe-skill", "other-skill"),
      ...change.base,
    },
  });
  const permissions = change.permissions ?? { checks: "write", pull_requests: "write", contents: "read" };
  github.addToken(token, { login: "github-actions[bot]", permissions: { metadata: "read", ...permissions } });
  github.addToken("ghp_person", {
    login: "person",
    permissions: { metadata: "read", contents: "write", pull_requests: "write" },
    app: false,
  });
  if (change.configLink === true) await linkConfiguration(github);
  const baseSha = await github.repository(name).git("rev-parse", "main");
  const headSha = await github.commit(name, { branch: "change", files: change.files });
  const { rest } = plainClient(github, "ghp_person");
  const { data: pull } = await rest.pulls.create({ ...here, head: "change", base: "main", title: "Change" });
  const clone = stack.use(await cloneRepository(github, name, "ghp_person"));
  await clone.git("checkout", "--quiet", "origin/change");
  const event = async (kind: string, payload: unknown): Promise<Record<string, string>> => {
    const path = join(events.path, `${kind}.json`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, JSON.stringify(payload));
    return { GITHUB_EVENT_NAME: kind, GITHUB_EVENT_PATH: path };
  };
  const env = {
    GITHUB_SERVER_URL: github.url,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_REPOSITORY: name,
    GITHUB_RUN_ID: "77",
    GITHUB_TOKEN: token,
    ...(await event("pull_request", {
      action: "opened",
      pull_request: {
        number: pull.number,
        head: {
          sha: headSha,
          ref: "change",
          repo: { id: change.isFork === true ? 999_999 : github.repository(name).id },
        },
        base: { sha: baseSha, ref: change.target ?? "main", repo: { id: github.repository(name).id } },
      },
      repository: { default_branch: "main" },
    })),
  };
  const { folder } = clone;
  return {
    github,
    model,
    folder,
    number: pull.number,
    headSha,
    baseSha,
    env,
    event,
    evaluateAll: (...args) => cli(["evaluate", "--json", ...args], { cwd: folder, env }),
    evaluate: (...args) => cli(["evaluate", "skills/probe-skill", "--json", ...args], { cwd: folder, env }),
    async gate(...args) {
      const ended = await cli(["gate", "--json", ...args], { cwd: folder, env });
      const result = (ended.stdout === "" ? {} : JSON.parse(ended.stdout)) as GateResult;
      return { ...ended, result };
    },
    checks: () => [...github.repository(name).checks.values()],
    comments: () => [...github.repository(name).comments.values()].map(({ body }) => body),
    git: (...args) => clone.git(...args),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Makes overproof.yml a link: git keeps where it leads as the text of a blob. */
async function linkConfiguration(github: FakeGitHub): Promise<void> {
  await github.commit(name, { files: { "target.txt": "README.md" } });
  const repository = github.repository(name);
  const sha = await repository.git("rev-parse", "main:target.txt");
  const tree = await writeTree(repository, "main", [{ path: "overproof.yml", mode: "120000", sha }]);
  const person = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
  const commit = await repository.git(...person, "commit-tree", tree, "-p", "main", "-m", "Link");
  await repository.git("update-ref", "refs/heads/main", commit);
}
