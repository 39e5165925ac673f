import { expect, it } from "vitest";
import { agentFrameDigest, agentRequest, agentRequestDigest } from "./agent-request.ts";
import type { Given } from "./given.ts";

const asked = { prompt: "Sum the rows.", files: new Map([["x.csv", "1,2\n"]]) };
const given = (body: string): Given => ({
  name: "sums",
  description: "Sums.",
  body,
  files: new Map(),
  installed: new Map([["SKILL.md", Buffer.from(body)]]),
});
const request = (skill: Given | null, isOffered = false, one = asked) =>
  agentRequest(one, skill, { skillFolder: ".claude/skills", isOffered });

it("installs a skill and names its path, or only installs it where it may be chosen", () => {
  const told = request(given("Add up."));
  expect([...told.installed.keys()]).toEqual([".claude/skills/sums/SKILL.md"]);
  expect(told.prompt).toBe(
    "Use the skill sums: read .claude/skills/sums/SKILL.md first, and follow it where it applies.\n\nSum the rows.",
  );
  const offered = request(given("Add up."), true);
  expect(offered.prompt).toBe(asked.prompt);
  expect(offered.installed).toEqual(told.installed);
  expect(request(null)).toMatchObject({ prompt: asked.prompt, block: "", installed: new Map() });
});

it("has one frame for all arms and another request for each", () => {
  const all = [request(null), request(given("Add up.")), request(given("Add each row up."))];
  expect(new Set(all.map(agentFrameDigest)).size).toBe(1);
  expect(new Set(all.map(agentRequestDigest)).size).toBe(3);
  const withoutFiles = request(given("Add up."), false, { ...asked, files: new Map() });
  expect(agentFrameDigest(withoutFiles)).not.toBe(agentFrameDigest(request(null)));
  expect(agentFrameDigest({ ...request(given("Add up.")), prompt: "Sum the rows." })).toBeUndefined();
});
