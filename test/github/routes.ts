import { artifactRoutes } from "./artifact.ts";
import { blobRoutes } from "./blob.ts";
import { branchRoutes } from "./branch.ts";
import { checkRoutes } from "./check-run.ts";
import { commentRoutes } from "./comment.ts";
import { commitRoutes } from "./commit.ts";
import { comparisonRoutes } from "./comparison.ts";
import { contentRoutes } from "./content.ts";
import { labelRoutes } from "./label.ts";
import { mergeRoutes } from "./merge.ts";
import { pullRoutes } from "./pull.ts";
import { rateLimitRoutes } from "./rate-limit.ts";
import { refRoutes } from "./ref.ts";
import { repositoryRoutes } from "./repository.ts";
import type { Route } from "./route.ts";
import { treeRoutes } from "./tree.ts";
import { userRoutes } from "./user.ts";
import { workflowRunRoutes } from "./workflow-run.ts";

/** What the server can do, by GitHub's names of the operations. Paths and schemas come from `openapi.json`. */
export const routes: ReadonlyMap<string, Route> = new Map([
  ...artifactRoutes,
  ...blobRoutes,
  ...branchRoutes,
  ...checkRoutes,
  ...commentRoutes,
  ...commitRoutes,
  ...comparisonRoutes,
  ...contentRoutes,
  ...labelRoutes,
  ...mergeRoutes,
  ...pullRoutes,
  ...rateLimitRoutes,
  ...refRoutes,
  ...repositoryRoutes,
  ...treeRoutes,
  ...userRoutes,
  ...workflowRunRoutes,
]);
