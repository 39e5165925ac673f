import { build } from "../scripts/build.ts";
import { bundleFolder } from "./bundle.ts";

/**
 * End-to-end tests spawn a bundle made from the source under test. It goes beside `dist/`, not over it:
 * `npm run check-dist` still has to see whether the checked-in one was forgotten.
 */
export default async function setup(): Promise<void> {
  await build(bundleFolder);
}
