import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { libraryHome } from "./library-home.ts";
import { loadConfig, parseConfig } from "./load.ts";

test("uses defaults where there is no configuration", async () => {
  await using folder = await temporaryFolder();
  const loaded = await loadConfig(folder.path);
  expect(loaded).toMatchObject({ file: undefined, folder: folder.path });
  expect(loaded.config).toMatchObject({ library: "skills", model: "offline", language: "en" });
});

test("finds the configuration in a folder above, and its paths start there", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "overproof.yml"), "library: agent/skills\n");
  const deep = join(folder.path, "a", "b");
  await mkdir(deep, { recursive: true });
  const loaded = await loadConfig(deep);
  expect(await libraryHome(deep, loaded)).toEqual({
    library: join(folder.path, "agent/skills"),
    home: folder.path,
    evidence: join(folder.path, ".overproof", "evidence"),
    root: folder.path,
  });
});

test("a library named on the command line keeps its evidence beside itself", async () => {
  await using folder = await temporaryFolder();
  const loaded = await loadConfig(folder.path);
  expect((await libraryHome(folder.path, loaded, "trial/skills")).home).toBe(join(folder.path, "trial"));
  expect((await libraryHome(folder.path, loaded, "skills")).home).toBe(folder.path);
});

test.each(["folder", "file"])("looks no further than the repository, whose .git is a %s", async (kind) => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "overproof.yml"), "library: not-ours\n");
  const repository = join(folder.path, "repository");
  const deep = join(repository, "a", "b");
  await mkdir(deep, { recursive: true });
  if (kind === "folder") await mkdir(join(repository, ".git"));
  else await writeFile(join(repository, ".git"), "gitdir: elsewhere\n");
  const loaded = await loadConfig(deep);
  expect(loaded).toMatchObject({ file: undefined, folder: repository, config: { library: "skills" } });
  expect((await libraryHome(deep, loaded)).library).toBe(join(repository, "skills"));
  await writeFile(join(repository, "overproof.yml"), "library: ours\n");
  expect((await loadConfig(deep)).config.library).toBe("ours");
});

test("a working folder that is a link gives the same places as the folder itself", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "real", ".git"), { recursive: true });
  await symlink(join(folder.path, "real"), join(folder.path, "link"));
  const places = await Promise.all(
    ["real", "link"].map(async (name) => {
      const cwd = join(folder.path, name);
      return libraryHome(cwd, await loadConfig(cwd), "trial");
    }),
  );
  expect(places[1]).toEqual(places[0]);
});

test("a configuration that is no file is one sentence", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "overproof.yml"));
  for (const named of [undefined, "overproof.yml"]) {
    await expect(loadConfig(folder.path, named)).rejects.toMatchObject({
      name: "Failure",
      exitCode: 2,
      message: expect.stringContaining("overproof.yml"),
    });
  }
});

const broken: [string, string, RegExp][] = [
  ["an unknown key", "libary: skills\n", /libary/],
  ["a wrong type", "budget:\n  usd: free\n", /budget\.usd/],
  ["broken YAML", "library: [skills\n", /not valid YAML/],
  ["a double key", "library: a\nlibrary: b\n", /not valid YAML/],
  ["a list instead of keys", "- library\n", /expected object/],
  ["an alias bomb", `a: &a [x,x]\nb: &b [*a,*a]\n${"c: [*b,*b,*b,*b]\n".repeat(1)}`, /overproof\.yml/],
];
for (const [what, text, problem] of broken) {
  test(`refuses ${what} in one sentence`, () => {
    expect(() => parseConfig(text, "overproof.yml")).toThrow(problem);
    try {
      parseConfig(text, "overproof.yml");
    } catch (error) {
      expect(error).toMatchObject({ name: "Failure", exitCode: 2 });
      expect(String(error)).not.toContain("\n");
    }
  });
}
