// Starts the real binary with its sample vendor on free ports, in a folder of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

function binary() {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const target = process.env.CARGO_TARGET_DIR ?? join(cache, "deedbook", "target");
  return process.env.DEEDBOOK ?? join(target, "debug", "deedbook");
}

export async function startDemo() {
  const folder = mkdtempSync(join(tmpdir(), "deedbook-conformance-"));
  const child = spawn(
    binary(),
    ["demo", "--json", "--data", join(folder, "data"), "--portal", "127.0.0.1:0", "--console", "127.0.0.1:0"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`deedbook demo ended with code ${code}`)));
  });
  const addresses = JSON.parse(line);
  return {
    addresses,
    person(side, role) {
      const found = addresses.people.find(
        (person) => person.side === side && (role === undefined || person.role === role),
      );
      if (!found) throw new Error(`the demo has no ${role ?? "person"} on the side ${side}`);
      return found;
    },
    async stop() {
      const ended = child.exitCode === null ? once(child, "exit") : undefined;
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
