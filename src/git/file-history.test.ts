import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { git, serverEnvironment } from "../../test/github/git.ts";
import { fileHistory, trailerHistory } from "./file-history.ts";
import { openRepository } from "./repository.ts";

test("follows a file across names, and takes nothing of a message for something else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "overproof-history-"));
  try {
    await git(folder, ["init", "--quiet", "--initial-branch=main"]);
    await git(folder, ["config", "user.name", "A Person"]);
    await git(folder, ["config", "user.email", "person@example.com"]);
    await git(folder, ["config", "log.showSignature", "true"]);
    const commit = async (message: string): Promise<void> => {
      await git(folder, ["add", "."]);
      await git(folder, ["commit", "--quiet", "--allow-empty", "-F", "-"], { input: message });
    };
    const text = "a line\n".repeat(20);
    await writeFile(join(folder, "größe\tone.md"), text);
    await commit("Begin\u001e\u001fM\u001fother.md\n\nOverproof-Mode: a\u001db\n");
    await rename(join(folder, "größe\tone.md"), join(folder, "two.md"));
    await commit("Move");
    await writeFile(join(folder, "two.md"), `${text}more\n`);
    await commit(`${"a".repeat(40)}\n\nText\n\nOverproof-Trace: 1\nOverproof-Trace: 2\nOther: 3\n`);
    await writeFile(join(folder, "unrelated"), "x");
    await commit("Unrelated");
    await rm(join(folder, "two.md"));
    await commit("Remove");
    const repository = await openRepository(folder, serverEnvironment);
    const trailers = ["Overproof-Trace", "Overproof-Mode"];
    const query = { commit: "HEAD", path: "two.md", trailers, most: 10 };
    const events = await fileHistory(repository, query);
    expect(events.map(({ kind, path, from }) => ({ kind, path, from }))).toEqual([
      { kind: "removed", path: "two.md", from: undefined },
      { kind: "changed", path: "two.md", from: undefined },
      { kind: "renamed", path: "two.md", from: "größe\tone.md" },
      { kind: "added", path: "größe\tone.md", from: undefined },
    ]);
    expect(events[1]).toMatchObject({
      subject: "a".repeat(40),
      trailers: [
        { key: "Overproof-Trace", value: "1" },
        { key: "Overproof-Trace", value: "2" },
      ],
    });
    expect(events[3]?.trailers).toEqual([{ key: "Overproof-Mode", value: "a\u001db" }]);
    expect(await fileHistory(repository, { ...query, path: "missing.md" })).toEqual([]);
    expect(await fileHistory(repository, { ...query, most: 1 })).toHaveLength(1);
    const told = await trailerHistory(repository, { commit: "HEAD", trailers, most: 10 });
    expect(told.map(({ trailers: own }) => own.length)).toEqual([2, 1]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
