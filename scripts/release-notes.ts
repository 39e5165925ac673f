import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import packageJson from "../package.json" with { type: "json" };

/**
 * The part of a changelog that is about one version, without its heading. Throws where there is none, or nothing in it.
 * Format: Keep a Changelog, `## 1.2.3 - 2026-01-31` or `## [1.2.3]`.
 */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^(?=## )/m);
  const own = sections.find((section) => /^## \[?v?([^\]\s]+)/.exec(section)?.[1] === version);
  const notes = own?.split("\n").slice(1).join("\n").trim();
  if (notes !== undefined && notes !== "") return `${notes}\n`;
  throw new Error(
    `CHANGELOG.md says nothing about ${version}. Move its entries below a heading "## ${version}".`,
  );
}

/** The version that a tag such as `v1.2.3` is of. Throws where it is another one than the package's. */
export function taggedVersion(tag: string, packageVersion: string): string {
  const [, version] = /^v(\d+\.\d+\.\d+)$/.exec(tag) ?? [];
  if (version === undefined) throw new Error(`${tag} is no tag of a release, such as v1.2.3.`);
  if (version === packageVersion) return version;
  throw new Error(`The tag is ${tag}, and package.json has the version ${packageVersion}.`);
}

if (process.argv[1] === import.meta.filename) {
  const changelog = await readFile(join(resolve(import.meta.dirname, ".."), "CHANGELOG.md"), "utf8");
  try {
    const version = taggedVersion(process.argv[2] ?? "", packageJson.version);
    process.stdout.write(releaseNotes(changelog, version));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
