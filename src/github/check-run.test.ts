import { expect, it } from "vitest";
import { startGitHub } from "../../test/github/github.ts";
import { silentReporter } from "../reporter.ts";
import { type Annotation, putCheckRun } from "./check-run.ts";
import { createClient } from "./client.ts";

const here = { owner: "octo", repo: "skills" };

function remark(line: number): Annotation {
  return { path: "skills/a/SKILL.md", line, level: "warning", title: "t", message: `Remark ${line}.` };
}

it("sends many annotations fifty at a time, and no more than anybody reads", async () => {
  await using github = await startGitHub();
  const { directory, git, checks } = await github.createRepository("octo/skills");
  expect(directory).not.toBe("");
  github.addToken("t", { login: "app[bot]", permissions: { checks: "write" } });
  const client = await createClient({
    token: "t",
    apiUrl: github.apiUrl,
    userAgent: "t",
    reporter: silentReporter,
    sleep: async () => {},
  });
  const headSha = await git("rev-parse", "main");
  const check = {
    name: "overproof / gate",
    headSha,
    conclusion: "failure" as const,
    title: "No",
    summary: "No.",
  };
  const plain = await putCheckRun(client, here, { ...check, annotations: [] });
  expect(plain.operation).toBe("created");
  const again = await putCheckRun(client, here, {
    ...check,
    conclusion: "success",
    annotations: Array.from({ length: 230 }, (_, index) => remark(index + 1)),
  });
  expect(again).toMatchObject({ id: plain.id, operation: "updated" });
  expect(checks.get(plain.id)?.annotations).toHaveLength(200);
  // What is annotated cannot be taken back: the next run makes a check of its own.
  const next = await putCheckRun(client, here, { ...check, annotations: [] });
  expect(next.operation).toBe("created");
  expect(next.id).not.toBe(plain.id);
  expect(github.violations).toEqual([]);
});
