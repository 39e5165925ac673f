import { expect, test } from "vitest";
import { driftOf, proposalFor, type ReviewStandard, type SkillResults } from "./drift.ts";

const device = {
  kind: "cuda",
  name: "NVIDIA H100",
  triton: "3.4.0",
  cuda: "12.8",
  driver: "570.1",
  torch: "2.8",
};

const results: SkillResults = {
  last: "2026-02-20T00:00:00Z",
  isCurrent: true,
  students: [{ spec: "openai:small", version: "2026-01", verdict: "better" }],
  devices: [device],
};

const standard: ReviewStandard = {
  now: new Date("2026-03-01T00:00:00Z"),
  reviewAfterDays: 90,
  students: [{ spec: "openai:small", version: "2026-01" }],
  devices: [device],
};

test("says nothing of results that still speak for a skill", () => {
  expect(driftOf(results, standard)).toEqual([]);
});

test("a skill without results was never evaluated", () => {
  expect(driftOf(undefined, standard).map(({ kind }) => kind)).toEqual(["never-evaluated"]);
});

test.each([
  ["changed", { isCurrent: false }, {}, /changed since/],
  ["old", { last: "2025-12-01T00:00:00Z" }, {}, /90 days old/],
  [
    "other-model",
    {},
    { students: [{ spec: "anthropic:large", version: "" }] },
    /not evaluated with anthropic:large/,
  ],
  [
    "other-model",
    {},
    { students: [{ spec: "openai:small", version: "2026-02" }] },
    /version 2026-01 then and is version 2026-02 now/,
  ],
  [
    "other-device",
    {},
    { devices: [{ ...device, triton: "3.5.0" }] },
    /Triton 3.4.0; the last results are of 3.5.0/,
  ],
  ["other-device", {}, { devices: [{ ...device, cuda: "13.0" }] }, /CUDA 12.8/],
  ["other-device", {}, { devices: [{ ...device, driver: "580.2" }] }, /driver 570.1/],
  ["other-device", {}, { devices: [{ ...device, name: "NVIDIA H200" }] }, /measured on NVIDIA H100/],
  [
    "not-better",
    { students: [{ spec: "openai:small", version: "2026-01", verdict: "no worse" as const }] },
    {},
    /last verdict was no worse/,
  ],
])("tells that results are %s", (kind, changed, other, detail) => {
  const drifts = driftOf({ ...results, ...changed }, { ...standard, ...other });
  expect(drifts.map((drift) => drift.kind)).toEqual([kind]);
  expect(drifts[0]?.detail).toMatch(detail);
});

test("89 days are not old, and another kind of device says nothing", () => {
  expect(driftOf({ ...results, last: "2025-12-02T00:00:00Z" }, standard)).toEqual([]);
  expect(driftOf(results, { ...standard, devices: [{ kind: "cpu", name: "x86" }] })).toEqual([]);
});

test("only a skill whose present text is measured as worse is to be retired", () => {
  const worse: SkillResults = {
    ...results,
    students: [{ spec: "openai:small", version: "2026-01", verdict: "worse" }],
  };
  expect(proposalFor(driftOf(worse, standard), worse)).toBe("retire");
  const changed = { ...worse, isCurrent: false };
  expect(proposalFor(driftOf(changed, standard), changed)).toBe("re-evaluate");
  expect(proposalFor(driftOf(undefined, standard), undefined)).toBe("re-evaluate");
});
