import { expect, test } from "vitest";
import { methodsBody, organizeWorld, type OrganizeWorld, putSkill } from "../../test/organize-world.ts";
import { putAwayDate, putAwayPlace } from "../skills/skill-place.ts";
import { organize } from "./organize.ts";

const rows = {
  title: "Keep the row in registers",
  text: "Load each row once; a second pass repeats the reads.",
};
const warps = { title: "Match warps to the width", text: "Use 8 warps for rows of 4096 elements and more." };

async function put({ library }: OrganizeWorld, names: readonly string[]): Promise<void> {
  const metadata = { dsl: "triton_cuda", source: "search_log" };
  for (const name of names)
    await putSkill({ library }, `triton-cuda-case-${name}`, { metadata, body: methodsBody([rows, warps]) });
}

test("two runs of one second put skills away to folders of their own, which are both known as such", async () => {
  const world = await organizeWorld();
  const { library, workspace, context } = world;
  for (const names of [["row-a", "row-b"], ["row-c"]]) {
    await put(world, names);
    await organize({ scopes: [], library, model: "offline", workspace, dryRun: false }, context);
  }
  const places = [...(await world.files()).keys()]
    .filter((path) => path.endsWith("/SKILL.md"))
    .flatMap((path) => putAwayPlace(path) ?? []);
  expect([...new Set(places.map(({ timestamp }) => timestamp))].toSorted()).toEqual([
    "20260301_120000",
    "20260301_120000_2",
  ]);
  for (const { timestamp } of places) expect(putAwayDate(timestamp)).toBe("2026-03-01T12:00:00.000Z");
  expect(places.map(({ original }) => original)).toContain("skills/triton-cuda-case-row-c/SKILL.md");
});
