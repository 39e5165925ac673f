import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "./build.ts";
import { gateRuns } from "./screenshots/gate-runs.ts";
import { gitHubPage } from "./screenshots/github-page.ts";
import { kernelGate } from "./screenshots/kernel-run.ts";
import { distilledPullRequest, organizedPullRequest } from "./screenshots/pull-request-runs.ts";

/**
 * Makes the pictures of `docs/screenshots`: the first screen of what a reviewer reads, from real runs of the command
 * line, built from this source, with students that are scripts on loopback. They show what a report looks like, and
 * say nothing about any model.
 *
 *     node scripts/screenshots.ts [FOLDER [WIDTH]]
 *
 * WIDTH is that of GitHub's column in pixels (900); 400 is a telephone. Needs Chromium on the PATH as `chromium`, Python
 * with NumPy, and g++; the kernels take some minutes.
 */
const folder = resolve(process.argv[2] ?? "docs/screenshots");
const width = Number(process.argv[3] ?? 900);
const run = promisify(execFile);

interface Picture {
  name: string;
  html: string;
  /** Pixels. */
  size: readonly [width: number, height: number];
}

const scratch = await mkdtemp(join(tmpdir(), "overproof-screenshots-"));
try {
  await build(join(scratch, "dist"));
  await cp(resolve(import.meta.dirname, "../harness"), join(scratch, "harness"), { recursive: true });
  await mkdir(folder, { recursive: true });
  for (const picture of await picturesOf(join(scratch, "dist/cli.js"))) await take(picture);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function picturesOf(cli: string): Promise<Picture[]> {
  const { allowed, blocked } = await gateRuns(cli);
  const distilled = await distilledPullRequest(cli);
  const organized = await organizedPullRequest(cli);
  const bot = "github-actions commented";
  return [
    { name: "gate-allowed", html: gitHubPage(allowed.markdown, { who: bot }), size: [width, 690] },
    { name: "gate-blocked", html: gitHubPage(blocked.markdown, { who: bot }), size: [width, 812] },
    { name: "gate-kernels", html: gitHubPage(await kernelGate(cli), { who: bot }), size: [width, 850] },
    {
      name: "pull-request-distill",
      html: gitHubPage(distilled.body, {
        title: distilled.title,
        who: "github-actions wants to merge 1 commit",
      }),
      size: [width, 1030],
    },
    {
      name: "pull-request-organize",
      html: gitHubPage(organized.body, {
        title: organized.title,
        who: "github-actions wants to merge 1 commit",
      }),
      size: [width, 975],
    },
    { name: "ab-page", html: blocked.html, size: [width < 900 ? width : 1100, 1045] },
  ];
}

async function take({ name, html, size }: Picture): Promise<void> {
  const page = join(scratch, `${name}.html`);
  await writeFile(page, html);
  await run("chromium", [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    `--user-data-dir=${join(scratch, "chromium")}`,
    `--window-size=${size.join(",")}`,
    `--screenshot=${join(folder, `${name}.png`)}`,
    `file://${page}`,
  ]);
}
