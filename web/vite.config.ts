import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const OUT = "../src/hermes/serving/web";
const TEXT = /\.(html|js|css|svg)$/;

/** The text faces are asked for with the page, so that they are there before the first words. */
function preloaded(): Plugin {
  return {
    name: "preloaded-faces",
    transformIndexHtml: {
      order: "post",
      handler: (_, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((name) => /latin-[^/]*normal[^/]*\.woff2$/.test(name) && !name.includes("-ext-"))
          .map((name) => ({
            tag: "link",
            attrs: { rel: "preload", as: "font", type: "font/woff2", href: `/${name}`, crossorigin: "" },
            injectTo: "head" as const,
          })),
    },
  };
}

/** Beside each text lies what is sent of it, so that no request pays for compressing. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync(OUT, { recursive: true, encoding: "utf8" })) {
        if (!TEXT.test(name)) continue;
        const path = join(OUT, name);
        const raw = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(raw, { level: 9 }));
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        writeFileSync(`${path}.br`, brotliCompressSync(raw, { params }));
      }
    },
  };
}

/** What the server of this very tree takes and answers, so that nothing else is asked of it. */
function contract() {
  const document = JSON.parse(readFileSync("../docs/openapi.json", "utf8"));
  return {
    __ASK__: JSON.stringify(Object.keys(document.components.schemas.Ask.properties)),
    __PATHS__: JSON.stringify(Object.keys(document.paths)),
  };
}

const server = process.env["HERMES_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), preloaded(), compressed()],
  define: contract(),
  build: {
    outDir: OUT,
    emptyOutDir: true,
    assetsDir: "app",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    target: "es2023",
  },
  test: { setupFiles: ["vitest.setup.ts"] },
  server: { proxy: Object.fromEntries(["/v1", "/pictures", "/health"].map((p) => [p, server])) },
});
