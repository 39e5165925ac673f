import { describe, expect, test } from "vitest";
import { allSkills, landing, skillText, startArchiveWorld } from "../../test/archive-world.ts";
import { history } from "./history.ts";
import { importAkgArchive } from "./import-archive.ts";
import { restore } from "./restore.ts";

describe("AKG's archive", () => {
  const put = "skills/triton-cuda/.archive/20250102_030405/triton-cuda-case-old";
  const files = {
    [`${put}/SKILL.md`]: skillText("triton-cuda-case-old"),
    [`${put}/notes.txt`]: "kept",
    "skills/triton-cuda/.archive/20250102_030405/Odd Name/SKILL.md": "# odd",
  };

  test("is listed, imported into the index, and restored from there", async () => {
    await using world = await startArchiveWorld({ ...allSkills, ...files });
    const listed = await history({}, world.context);
    expect("put_away" in listed && listed.put_away.map((one) => one.name)).toEqual([
      "Odd Name",
      "triton-cuda-case-old",
    ]);
    const imported = await importAkgArchive(landing, world.context);
    expect(imported.archived).toMatchObject([
      { name: "triton-cuda-case-old", date: "2025-01-02T03:04:05.000Z" },
    ]);
    expect(imported.body).toContain("Odd Name");
    await world.merge(1, "squash");
    expect(await world.git("ls-tree", "-r", "--name-only", "main")).not.toContain("case-old");
    const { restored, branch } = await restore({ skill: "triton-cuda-case-old", ...landing }, world.context);
    expect(restored?.files).toEqual([
      "skills/triton-cuda/triton-cuda-case-old/SKILL.md",
      "skills/triton-cuda/triton-cuda-case-old/notes.txt",
    ]);
    expect(await world.git("show", `${branch}:skills/triton-cuda/triton-cuda-case-old/notes.txt`)).toBe(
      "kept",
    );
  });

  test("gives a skill back as it lies there", async () => {
    await using world = await startArchiveWorld(files);
    const { restored, branch } = await restore({ skill: "triton-cuda-case-old", ...landing }, world.context);
    expect(restored?.path).toBe("skills/triton-cuda/triton-cuda-case-old/SKILL.md");
    expect(await world.git("ls-tree", "-r", "--name-only", branch)).not.toContain(`${put}/`);
  });
});
