import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const skillCount = 20;
const sourceCount = 300;

export interface SkillLessChange extends Disposable {
  /** A repository with the change checked out. */
  folder: string;
  /** What it holds, for the description of a measurement. */
  size: string;
  /** The environment of a job for the pull request, without a token. */
  env: Record<string, string | undefined>;
  /** What the job's summary says so far. */
  summary(): string;
}

/** A small repository with skills and sources, a pull request that touches none of the skills, and its event. */
export function skillLessChange(): SkillLessChange {
  const root = mkdtempSync(join(tmpdir(), "gate-bench-"));
  const folder = join(root, "repository");
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const env = {
    PATH: process.env["PATH"],
    HOME: root,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_DATE: "@1767225600 +0000",
    GIT_COMMITTER_DATE: "@1767225600 +0000",
  };
  const git = (...args: string[]): string =>
    execFileSync("git", ["-c", "user.name=A Person", "-c", "user.email=person@example.com", ...args], {
      cwd: folder,
      encoding: "utf8",
      env,
    }).trim();
  const commit = (message: string): string => {
    git("add", ".");
    git("commit", "--quiet", "-m", message);
    return git("rev-parse", "HEAD");
  };

  write("README.md", "# Library\n");
  write("overproof.yml", "evaluate:\n  repeats: 3\n");
  for (let index = 0; index < skillCount; index += 1) {
    const name = `skill-${index}`;
    write(
      `skills/${name}/SKILL.md`,
      `---\nname: ${name}\ndescription: "Answer questions of kind ${index}. Use when one is asked."\n---\n\n# Kind ${index}\n\nAnswer with its number.\n`,
    );
    write(`skills/${name}/evals/evals.json`, JSON.stringify({ skill_name: name, evals: [] }));
  }
  for (let index = 0; index < sourceCount; index += 1) {
    write(`src/part-${index % 10}/module-${index}.py`, `def answer() -> int:\n    return ${index}\n`);
  }
  git("init", "--quiet", "--initial-branch=main");
  const base = commit("Base");
  git("checkout", "--quiet", "-b", "change");
  write("README.md", "# Library of skills\n");
  const head = commit("Change");

  const event = join(root, "event.json");
  const repo = { id: 1 };
  writeFileSync(
    event,
    JSON.stringify({
      action: "synchronize",
      pull_request: {
        number: 1,
        head: { sha: head, ref: "change", repo },
        base: { sha: base, ref: "main", repo },
      },
      repository: { default_branch: "main" },
    }),
  );
  const summary = join(root, "summary.md");
  writeFileSync(summary, "");
  return {
    folder,
    size: `${sourceCount + 2 * skillCount + 2} files, ${skillCount} skills among them`,
    env: {
      PATH: env.PATH,
      HOME: root,
      INPUT_COMMAND: "gate",
      GITHUB_EVENT_NAME: "pull_request",
      GITHUB_EVENT_PATH: event,
      GITHUB_STEP_SUMMARY: summary,
    },
    summary: () => readFileSync(summary, "utf8"),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
