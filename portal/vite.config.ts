import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where a running service answers, while a page is being worked on. */
const SERVICE = process.env.DEEDBOOK_PORTAL ?? "http://127.0.0.1:8080";

export default defineConfig({
  root: "customer",
  plugins: [react()],
  build: {
    outDir: "../dist/customer",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    manifest: true,
  },
  server: {
    proxy: {
      "/graphql": { target: SERVICE, ws: true },
      "/sign-in": SERVICE,
      "/sign-out": SERVICE,
    },
  },
});
