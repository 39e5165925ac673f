import { resolve } from "node:path";
import { readIntake } from "../distill/intake.ts";
import { maskedMaterial } from "../distill/masked-material.ts";
import type { Material } from "../distill/material.ts";
import { Failure } from "../failure.ts";
import type { Context } from "./context.ts";
import type { ReadMaterials } from "./generate.ts";

/** Reads traces of any mode for a generation, secrets masked; also those that a skill has learned from before. */
export function readMaterials({ cwd, reporter }: Context): ReadMaterials {
  return async (paths) => {
    const named = paths.map((path) => ({ path: resolve(cwd, path), named: path }));
    const { items } = await readIntake(named, { mode: "auto", op: undefined, reporter, known: new Map() });
    const materials: Material[] = [];
    // One after the other: the numbers of the placeholders go on from one to the next.
    for (const item of items) {
      if (item.material === undefined) {
        throw new Failure(item.outcome.reason ?? `${item.paths.join(", ")} holds nothing to learn from.`, {
          remedy: "Leave it out, or give another trace with --from.",
          exitCode: 2,
        });
      }
      materials.push(await maskedMaterial(item.material, item.redactor));
    }
    return materials;
  };
}
