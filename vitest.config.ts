import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { batchConfig } from "./test/batch-config.ts";

export default defineConfig({
  test: {
    silent: "passed-only",
    projects: [
      {
        test: {
          name: "node",
          include: ["{assembly,model,dashboard,trainer,test,bench}/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: { ENVIRONMENT: "development" },
              d1Databases: ["FEEDBACK"],
              ratelimits: { RATE_LIMITER: { namespace_id: "1001", simple: { limit: 20, period: 60 } } },
            },
          }),
        ],
        test: {
          name: "worker",
          include: ["worker/**/*.test.ts"],
          exclude: ["worker/batch/**"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: "./worker/batch/testing.ts",
            wrangler: { configPath: batchConfig() },
            miniflare: { bindings: { ENVIRONMENT: "development", BATCH_PART_BYTES: "4096" } },
          }),
        ],
        test: {
          name: "batch",
          include: ["worker/batch/**/*.test.ts"],
          testTimeout: 120_000,
        },
      },
    ],
  },
});
