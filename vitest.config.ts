import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { localConfig } from "./trainer/publish/local-config.ts";

/** Property tests run on the same cases every time; `UNSEEN_FUZZ=1 npm test` draws new ones. */
const provide = { propertySeed: process.env.UNSEEN_FUZZ ? Date.now() % 2 ** 31 : 20_261 };
const setupFiles = ["./test/property-seed.ts"];

export default defineConfig({
  test: {
    silent: "passed-only",
    // vitest leaves a core to itself, which of two is half
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "node",
          provide,
          setupFiles,
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
          provide,
          setupFiles,
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
            wrangler: { configPath: localConfig() },
            miniflare: { bindings: { ENVIRONMENT: "development", BATCH_PART_BYTES: "4096" } },
          }),
        ],
        test: {
          name: "batch",
          provide,
          setupFiles,
          include: ["worker/batch/**/*.test.ts"],
          testTimeout: 120_000,
        },
      },
    ],
  },
});
