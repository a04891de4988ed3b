import { defineConfig } from "vitest/config";

export default defineConfig({
  // The modules under test lie beside the Python that serves them.
  server: { fs: { allow: ["../.."] } },
  // A busy machine is slow now and then, and no test here is about time.
  test: { include: ["*.test.js"], environment: "jsdom", watch: false, testTimeout: 60000 },
});
