import { z } from "zod";
import { configSchema } from "./config.ts";

/** The shape of `overproof.yml` as a JSON Schema, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, { io: "input" });
  return { title: "overproof.yml", ...schema };
}
