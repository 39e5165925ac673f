import { beforeAll, describe, expect, test } from "vitest";
import { draftSkill } from "../src/distill/draft.ts";
import { groupSessions } from "../src/distill/session-group.ts";
import { sessionMaterial } from "../src/distill/session-material.ts";
import { requireValidSkill } from "../src/distill/valid-skill.ts";
import type { SessionEvidence } from "../src/evidence/session.ts";
import { warningSigns } from "../src/skills/warning-signs.ts";
import { labelledEvidence, matchLessons, sessionLabels, taughtLessons } from "./labelled-lessons.ts";

const labels = sessionLabels();
const read = new Map<string, SessionEvidence[]>();

beforeAll(async () => {
  for (const file of labels.keys()) read.set(file, await labelledEvidence(file));
});

const evidenceOf = (file: string): SessionEvidence[] => read.get(file) ?? [];

/** The SKILL.md that the offline distiller makes of a group of sessions. */
function skillOf(sessions: readonly SessionEvidence[]): { name: string; text: string; notes: string[] } {
  const material = sessionMaterial(sessions);
  expect(material.nothing).toBeUndefined();
  const offline = material.offline(undefined, new Map());
  if (!offline) throw new Error("The distiller says nothing.");
  const name = offline.answer.skill_name;
  const path = `${name}/SKILL.md`;
  const { mode, dsl, backend, arch, evidence, metadata } = material;
  const distilled_at = "2026-01-01T00:00:00.000Z";
  const { text, refused } = draftSkill(
    {
      name,
      path,
      answer: offline.answer,
      author: "offline",
      evidence,
      traces: material.traces.map(({ sha256, source, op }) => {
        return {
          sha256,
          mode,
          op,
          dsl,
          backend,
          arch,
          source,
          model: "offline",
          prompt_sha256: "",
          distilled_at,
        };
      }),
      metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== "")),
    },
    undefined,
  );
  expect(refused).toEqual([]);
  requireValidSkill({ name, path, text }, "");
  return { name, text, notes: offline.notes };
}

describe("a labelled session", () => {
  test.each([...labels])("%s is told with its language, its outcome and every lesson", (file, label) => {
    const sessions = evidenceOf(file);
    expect(sessions).toHaveLength(label.conversations?.length ?? 1);
    const [session] = sessions;
    expect(session).toMatchObject({ language: label.language, outcome: { status: label.outcome } });
    const matches = matchLessons(label.lessons, session ? taughtLessons(session) : []);
    expect(matches.filter(({ lesson }) => lesson === undefined).map(({ label: { id } }) => id)).toEqual([]);
  });

  test.each([...labels.keys()])("%s alone makes a valid skill of at most 135 lines", (file) => {
    const { text, name } = skillOf(evidenceOf(file).slice(0, 1));
    expect(name).toMatch(/^(?:cuda|triton)-session-[a-z0-9-]+$/);
    expect(text.split("\n").length).toBeLessThanOrEqual(135);
  });
});

test("most labels are found by the words of their error, and by those of error and fix", () => {
  let [all, error, both, lessons, found] = [0, 0, 0, 0, 0];
  for (const [file, label] of labels) {
    const taught = evidenceOf(file).slice(0, 1).flatMap(taughtLessons);
    const matches = matchLessons(label.lessons, taught);
    all += matches.length;
    found += matches.filter(({ lesson }) => lesson).length;
    error += matches.filter(({ hasError }) => hasError).length;
    both += matches.filter(({ hasError, hasFix }) => hasError && hasFix).length;
    lessons += taught.length;
  }
  expect(all).toBe(54);
  expect(error).toBeGreaterThanOrEqual(45);
  expect(both).toBeGreaterThanOrEqual(38);
  expect(found / lessons).toBeGreaterThan(0.9);
});

test("the same task in several formats is one session", () => {
  const swiglu = [...labels.keys()].filter((file) => /swiglu|gemini|^pi\//.test(file));
  expect(swiglu).toHaveLength(3);
  const sessions = swiglu.flatMap(evidenceOf);
  expect(new Set(sessions.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  expect(skillOf(sessions).text).toContain("Seen once");
});

test("all sessions together make one skill for each language, the same in any order", () => {
  const all = [...labels.keys()].flatMap(evidenceOf);
  const skills = groupSessions(all).map(skillOf);
  expect(skills.map(({ name }) => name)).toEqual(["cuda-session-lessons", "triton-session-lessons"]);
  expect(groupSessions(all.toReversed()).map(skillOf)).toEqual(skills);
  const [cuda, triton] = skills;
  expect(cuda?.text).toMatch(/no kernel image is available.*`\n/);
  expect(cuda?.text).toContain("Seen in 3 of 8 traces");
  expect(triton?.text).toContain("It had 3 causes");
  for (const { text } of skills) expect(text.split("\n").length).toBeLessThanOrEqual(135);
});

test("the order hidden in a page reaches no claim; its finding is a remark, and the useful fact stays", () => {
  const file = [...labels.keys()].find((name) => name.includes("injected")) ?? "";
  const sessions = evidenceOf(file);
  const { text } = skillOf(sessions);
  expect(text).not.toMatch(/curl|bash|evil|maintainer approved|previous instructions/);
  expect(text).toContain("from triton.language.extra import libdevice");
  expect(sessionMaterial(sessions).remarks?.join("\n")).toMatch(/line 5: a text .*instructions/);
  expect(JSON.stringify(sessions.map(({ items }) => items))).not.toMatch(/evil\.example/);
});

test("of the skills of the labelled sessions, a reviewer is warned of one package that was installed", () => {
  const signs = groupSessions([...labels.keys()].flatMap(evidenceOf)).flatMap((group) => {
    const lines = skillOf(group).text.split("\n");
    return warningSigns(lines.join("\n")).map(({ line, what }) => [lines[line - 1] ?? "", what]);
  });
  expect(signs).toEqual([
    [expect.stringContaining("Run `pip install ninja`."), "installs or runs a package of a registry"],
  ]);
});
