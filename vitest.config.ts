import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          include: ["{assembly,model,trainer,test,bench}/**/*.test.ts"],
          testTimeout: 30_000,
        },
      },
    ],
  },
});
