import { configureGlobal } from "fast-check";

// The same inputs in every run, so that a red test means a changed program. FAST_CHECK_SEED explores others.
configureGlobal({ seed: Number(process.env["FAST_CHECK_SEED"] ?? 1) });
