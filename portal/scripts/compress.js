// Lays a .br and a .gz beside each built file, and checks what a first visit and each later page load.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const FIRST_LOAD_MAX = 130 * 1024;
const LATER_MAX = 40 * 1024;
const TEXT = /\.(js|css|html|svg|json)$/;

for (const side of process.argv.slice(2)) {
  const dist = new URL(`../dist/${side}/`, import.meta.url).pathname;
  const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));
  const gzipped = new Map();
  for (const file of readdirSync(dist, { recursive: true })) {
    if (!TEXT.test(file) || file.startsWith(".vite")) continue;
    const content = readFileSync(join(dist, file));
    const gz = gzipSync(content, { level: 9 });
    const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
    writeFileSync(join(dist, `${file}.gz`), gz);
    writeFileSync(join(dist, `${file}.br`), brotliCompressSync(content, { params }));
    gzipped.set(file, gz.length);
  }
  const loads = (name, seen = new Set()) => {
    const { file, imports = [] } = manifest[name];
    seen.add(file);
    for (const other of imports) loads(other, seen);
    return seen;
  };
  const sum = (files) => [...files].reduce((total, file) => total + gzipped.get(file), 0);
  const entry = Object.keys(manifest).find((name) => manifest[name].isEntry);
  const shared = loads(entry);
  const pages = manifest[entry].dynamicImports ?? [];
  const later = pages.map((name) => {
    const own = [...loads(name)].filter((file) => !shared.has(file));
    return [name, sum(own)];
  });
  const first = sum(shared) + Math.max(0, ...later.map(([, bytes]) => bytes));
  console.log(
    `${side}: first load ${first} bytes of JavaScript, compressed; at most ${FIRST_LOAD_MAX}`,
  );
  let fits = first <= FIRST_LOAD_MAX;
  for (const [name, bytes] of later) {
    console.log(`${side}: ${name} ${bytes} bytes; at most ${LATER_MAX}`);
    fits &&= bytes <= LATER_MAX;
  }
  if (!fits) process.exit(1);
}
