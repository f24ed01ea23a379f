import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where a running service answers, while pages are being worked on. */
const SERVICES: Record<string, string> = {
  customer: process.env.DEEDBOOK_PORTAL ?? "http://127.0.0.1:8080",
  console: process.env.DEEDBOOK_CONSOLE ?? "http://127.0.0.1:8081",
};

/** The mode is the side: each is an application of its own, in a folder of its own. */
export default defineConfig(({ mode: side }) => {
  const target = SERVICES[side];
  if (!target) throw new Error("choose a side: --mode customer or --mode console");
  return {
    root: side,
    plugins: [react()],
    build: {
      outDir: `../dist/${side}`,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: "es2022",
      manifest: true,
    },
    server: {
      proxy: {
        "/graphql": { target, ws: true },
        "/sign-in": target,
        "/sign-out": target,
      },
    },
  };
});
