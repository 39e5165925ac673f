import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { promisify } from "node:util";

/**
 * `npm start`: the main job once, in a scratch repository, with nothing but git and the built command line.
 * A search log is committed, distilled without a model, proposed on a branch, and everything that a reviewer
 * would see is printed. The scratch repository stays, so that it can be looked at.
 */
const root = resolve(import.meta.dirname, "..");
/** Tests pass the bundle of the source under test. */
const cli = process.argv[2] ?? join(root, "dist", "cli.js");
const run = promisify(execFile);

const repository = await mkdtemp(join(tmpdir(), "overproof-first-day-"));
const environment = {
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  NO_COLOR: "1",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: join(repository, ".git", "no-config"),
};

async function git(...args: string[]): Promise<string> {
  const author = [
    "-c",
    "user.name=First Day",
    "-c",
    "user.email=first-day@example.invalid",
    "-c",
    "commit.gpgsign=false",
  ];
  const { stdout } = await run("git", [...author, ...args], { cwd: repository, env: environment });
  return stdout;
}

async function overproof(...args: string[]): Promise<string> {
  try {
    const options = { cwd: repository, env: environment, maxBuffer: 64 * 1024 * 1024 };
    return (await run(process.execPath, [cli, ...args], options)).stdout;
  } catch (error) {
    console.error((error as { stderr?: string }).stderr ?? String(error));
    process.exit(1);
  }
}

function heading(title: string): void {
  console.log(`\n${"━".repeat(80)}\n${title}\n${"━".repeat(80)}`);
}

await git("init", "--quiet", "--initial-branch=main");
await writeFile(join(repository, ".gitignore"), ".overproof/runs/\n");
await cp(
  join(root, "examples", "cpp-row-softmax", "logs"),
  join(repository, "traces", "row-softmax", "logs"),
  {
    recursive: true,
  },
);
await git("add", ".");
await git("commit", "--quiet", "--message", "Add the log of a search over a C++ kernel");
console.log(`A scratch repository with one trace: ${repository}`);

heading("1. overproof distill traces/row-softmax/logs");
const distilled = JSON.parse(
  await overproof(
    "distill",
    "traces/row-softmax/logs",
    "--mode",
    "search_log",
    "--model",
    "offline",
    "--json",
  ),
) as { skills: { name: string; path: string }[]; proposal: string };
const [skill] = distilled.skills;
if (!skill) throw new Error("The example taught nothing.");
console.log(`${skill.path}\n`);
console.log(await readFile(join(repository, skill.path), "utf8"));

heading(`2. overproof show ${skill.name}    (what each claim rests on)`);
console.log(await overproof("show", skill.name));

heading("3. overproof propose --no-push    (a commit on a branch)");
const proposed = JSON.parse(await overproof("propose", distilled.proposal, "--no-push", "--json")) as {
  branch: string;
  title: string;
  body: string;
};
console.log(await git("log", "--stat", "--format=%h %an: %B", `main..${proposed.branch}`));
console.log(await git("diff", `main..${proposed.branch}`, "--", skill.path));

heading(`4. The pull request that would be opened: ${proposed.title}`);
console.log(proposed.body);

heading("Done");
console.log(`Look around: cd ${repository} && git show ${proposed.branch}`);
console.log(
  "In your own repository: overproof distill <log folder>, then overproof propose <proposal.json>.",
);
