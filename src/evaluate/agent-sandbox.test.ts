import { expect, it } from "vitest";
import { sandboxView, readableParts } from "./agent-sandbox.ts";

it("names parts of the machine by absolute paths only, whatever npm puts on the PATH", async () => {
  const view = await sandboxView([process.cwd()]);
  const path = ["/node_modules/.bin", "node_modules/.bin", "", "/usr/bin"].join(":");
  const parts = await readableParts(view, { program: process.execPath, path, named: ["node_modules"] });
  expect(parts.filter((part) => !part.startsWith("/"))).toEqual([]);
});
