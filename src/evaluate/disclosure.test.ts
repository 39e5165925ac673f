import { expect, it } from "vitest";
import { chatRequest, requestDigest } from "./chat-request.ts";
import { disclosingFrameDigest, disclosingRequest, fileAsked, withFile } from "./disclosure.ts";
import type { Given } from "./given.ts";

const asked = { prompt: "Sum the rows.", files: new Map([["x.csv", "1,2\n"]]) };
const sampling = { max_output_tokens: 100 };
const given: Given = {
  name: "sums",
  description: "Sums rows.",
  body: "# Add up\n\nSee references/table.md.\n",
  files: new Map([["references/table.md", "a table"]]),
};

it("shows name and description first, in the frame of all arms", () => {
  const request = disclosingRequest(asked, given, sampling);
  expect(request.system).toContain("description: Sums rows.");
  expect(request.system).not.toContain("Add up");
  const none = chatRequest(asked, null, sampling);
  expect(disclosingRequest(asked, null, sampling)).toEqual(none);
  expect(disclosingFrameDigest(request, given)).toBe(requestDigest(none));
  expect(disclosingFrameDigest(none, null)).toBe(requestDigest(none));
  expect(disclosingFrameDigest(none, given)).toBeUndefined();
  const twice = { ...request, system: request.system + request.system };
  expect(disclosingFrameDigest(twice, given)).toBeUndefined();
});

it.each([
  ["READ SKILL.md", "SKILL.md"],
  [" `READ ./references/table.md`\n", "references/table.md"],
  ["READ SKILL.md and then answer", undefined],
  ["I will READ SKILL.md", undefined],
  ["The sum is 3.\nREAD SKILL.md", undefined],
  ["", undefined],
])("takes %j for a wish to read %s", (answer, path) => {
  expect(fileAsked(answer)).toBe(path);
});

it("hands over the files of the skill and no others", () => {
  const request = disclosingRequest(asked, given, sampling);
  const more = withFile(withFile(request, "SKILL.md", given), "references/table.md", given);
  expect(more.system).toBe(request.system);
  expect(more.prompt.startsWith(request.prompt)).toBe(true);
  expect(more.prompt).toContain("# Add up");
  expect(more.prompt).toContain("a table");
  expect(withFile(request, "../../etc/passwd", given).prompt).toMatch(/there is no such file$/);
});
