// Starts the real binary with its sample vendor, on free ports and in a folder of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
const target = process.env.CARGO_TARGET_DIR || join(cache, "deedbook", "target");
const binary = process.env.DEEDBOOK || join(target, "debug", "deedbook");
const anyPort = "127.0.0.1:0";

export async function startDemo(more = []) {
  const listen = ["--portal", anyPort, "--console", anyPort];
  const arguments_ = ["demo", "--temporary", "--json", ...listen, ...more];
  const child = spawn(binary, arguments_, { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`deedbook demo ended with code ${code}`)));
  });
  const addresses = JSON.parse(line);
  return {
    addresses,
    person: (side, role) =>
      addresses.people.find((one) => one.side === side && (role === undefined || one.role === role)),
    async stop() {
      const ended = child.exitCode === null ? once(child, "exit") : undefined;
      child.kill("SIGTERM");
      await ended;
    },
  };
}
