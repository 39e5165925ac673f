import { expect, it } from "vitest";
import { releaseNotes, taggedVersion } from "./release-notes.ts";

const changelog = `# Changelog

## Unreleased

- Something new.

## [1.10.0] - 2026-03-01

- More.

## 1.1.0 - 2026-02-01

- One thing.
- Another one.

## 1.0.0
`;

it("takes the section of one version and no other", () => {
  expect(releaseNotes(changelog, "1.1.0")).toBe("- One thing.\n- Another one.\n");
  expect(releaseNotes(changelog, "1.10.0")).toBe("- More.\n");
});

it("refuses a version without a section, and one with an empty section", () => {
  expect(() => releaseNotes(changelog, "1.2.0")).toThrow("says nothing about 1.2.0");
  expect(() => releaseNotes(changelog, "1.0.0")).toThrow("says nothing about 1.0.0");
});

it("releases a tag only for the version that the package has", () => {
  expect(taggedVersion("v1.1.0", "1.1.0")).toBe("1.1.0");
  expect(() => taggedVersion("v1.1.0", "1.2.0")).toThrow("package.json has the version 1.2.0");
  expect(() => taggedVersion("1.1", "1.1.0")).toThrow("no tag of a release");
});
