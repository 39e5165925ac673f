import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "scripts/**/*.test.ts"],
    // End-to-end tests spawn the bundle and real git servers; two cores are the smallest machine we support.
    // One worker for each core; the default leaves one core idle, which on two of them is half.
    maxWorkers: "100%",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ["test/build-once.ts"],
    setupFiles: ["test/property-seed.ts"],
  },
});
