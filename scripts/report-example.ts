import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { seededRandom } from "../src/evaluate/statistics/random.ts";

/**
 * Makes the pictures of `docs/screenshots`: a real evaluation of two skills, run by the built command line, of students
 * that are scripts on loopback. They show what a report looks like, and say nothing about any model.
 *
 *     node scripts/report-example.ts docs/screenshots
 *
 * Needs Chromium on the PATH as `chromium`.
 */
const folder = resolve(process.argv[2] ?? "docs/screenshots");
const cli = resolve(import.meta.dirname, "../dist/cli.js");

/** How often each scripted student solves a case, without a skill and with one. */
const students: Record<string, { none: number; helped: number; hurt: number; tokens: number }> = {
  "scripted-large": { none: 0.85, helped: 0.95, hurt: 0.8, tokens: 420 },
  "scripted-small": { none: 0.3, helped: 0.9, hurt: 0.05, tokens: 160 },
};

const skills = [
  { name: "units-in-logs", word: "milliseconds", about: "times in log lines", helps: true },
  { name: "short-titles", word: "imperative", about: "titles of changes", helps: false },
];

async function serve(): Promise<{ url: string; close: () => void }> {
  const random = seededRandom("report example");
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => answer(JSON.parse(Buffer.concat(pieces).toString("utf8")), random, response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, close: () => server.close() };
}

function answer(body: { model: string }, random: () => number, response: ServerResponse): void {
  const text = JSON.stringify(body);
  const student = students[body.model] ?? { none: 0, helped: 0, hurt: 0, tokens: 0 };
  const skill = skills.find(({ word }) => text.includes(`Rule: ${word}`));
  const share = skill === undefined ? student.none : skill.helps ? student.helped : student.hurt;
  const [, id = ""] = /line-(\d+)/.exec(text) ?? [];
  const content =
    random() < share ? `Line ${id} took 12 ms, as the rule asks: done-${id}.` : "It took a moment.";
  response.writeHead(200, { "content-type": "application/json" });
  response.end(
    JSON.stringify({
      id: "x",
      object: "chat.completion",
      created: 1,
      model: body.model,
      choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
      usage: {
        prompt_tokens: Math.ceil(text.length / 4),
        completion_tokens: student.tokens,
        total_tokens: Math.ceil(text.length / 4) + student.tokens,
      },
    }),
  );
}

async function writeLibrary(home: string, url: string): Promise<void> {
  await writeFile(
    join(home, "overproof.yml"),
    `model: openai:scripted-large@${url}
prices:
  date: 2026-11-21
  models:
    scripted-large: { input-per-million: 3, output-per-million: 15 }
    scripted-small: { input-per-million: 0.2, output-per-million: 0.8 }
`,
  );
  for (const { name, word, about } of skills) {
    const path = join(home, "skills", name);
    await mkdir(join(path, "evals"), { recursive: true });
    await writeFile(
      join(path, "SKILL.md"),
      `---
name: ${name}
description: "Write ${about} as this project does. Use when a line is to be written. Not for prose."
---

# ${about}

Rule: ${word} first, with the unit, and nothing after it.
`,
    );
    const evals = Array.from({ length: 20 }, (_, index) => ({
      id: index + 1,
      prompt: `Write line-${100 + index} about ${about}.`,
      expected_output: "",
      overproof: {
        checks: [{ kind: "contains", text: `done-${100 + index}` }],
        must_pass: index === 0 && name === "units-in-logs",
      },
    }));
    await writeFile(join(path, "evals/evals.json"), JSON.stringify({ skill_name: name, evals }, null, 2));
  }
}

async function run(home: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [cli, ...args], { cwd: home, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`);
  return text;
}

function shoot(page: string, picture: string, size: string): void {
  execFileSync("chromium", [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    `--window-size=${size}`,
    `--screenshot=${picture}`,
    `file://${page}`,
  ]);
}

const home = await mkdtemp(join(tmpdir(), "overproof-example-"));
const server = await serve();
try {
  await writeLibrary(home, server.url);
  const specs = Object.keys(students).flatMap((name) => ["--student", `openai:${name}@${server.url}`]);
  await run(home, ["evaluate", ...specs, "--repeats", "3", "--seed", "7"]);
  await run(home, ["report", "--html", "page.html", "--json"]);
  await mkdir(folder, { recursive: true });
  shoot(join(home, "page.html"), join(folder, "ab-page.png"), "1100,1500");
} finally {
  server.close();
  await rm(home, { recursive: true, force: true });
}
