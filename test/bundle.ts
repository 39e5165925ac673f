import { resolve } from "node:path";

export const bundleFolder = resolve(import.meta.dirname, "../.bundle");
export const cliBundle = resolve(bundleFolder, "cli.js");
export const actionBundle = resolve(bundleFolder, "action.js");
