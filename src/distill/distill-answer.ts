import { z } from "zod";
import { operationSchema } from "./operation.ts";

/** The shape of a distiller's answer, for models and for proposals. */
export const answerSchema = z.object({
  skill_name: z.string().max(300),
  description: z.string().max(4000),
  title: z.string().max(200).default(""),
  operations: z.array(operationSchema).max(200),
});
export type DistillAnswer = z.infer<typeof answerSchema>;
