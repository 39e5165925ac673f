import { expect, test } from "vitest";
import { plantedSecrets } from "../../test/secrets-trace.ts";
import { maskedName } from "./masked-name.ts";

const token = plantedSecrets().find(({ kind }) => kind === "github-token")?.value ?? "";

test("masks a secret in a name and leaves names of people", () => {
  expect(maskedName(`/home/mara/logs/${token}.json`)).toBe("/home/mara/logs/[secret:github-token:1].json");
  expect(maskedName("traces/softmax/run-1.jsonl")).toBe("traces/softmax/run-1.jsonl");
});
