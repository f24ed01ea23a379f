// Starts the real binary with its sample vendor, on free ports and in a folder of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const target = process.env.CARGO_TARGET_DIR || join(cache, 'deedbook', 'target');
const binary = process.env.DEEDBOOK || join(target, 'debug', 'deedbook');
const anyPort = '127.0.0.1:0';

export async function startDemo() {
  const arguments_ = ['demo', '--temporary', '--json', '--portal', anyPort, '--console', anyPort];
  const child = spawn(binary, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`deedbook demo ended with code ${code}`)));
  });
  const started = JSON.parse(line);
  return {
    door: (side) => doorOf(started, side),
    async stop() {
      const ended = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGTERM');
      await ended;
    },
  };
}

// A side's GraphQL address, and a fetch that is signed in there.
function doorOf(started, side) {
  const url = started[`${side}Graphql`];
  const person = started.people.find((one) => one.side === side);
  const authorization = `Bearer ${person.token}`;
  const signedIn = (input, init = {}) =>
    fetch(input, { ...init, headers: { ...init.headers, authorization } });
  const ask = async (query, variables) => {
    const answer = await signedIn(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return answer.json();
  };
  return { url, authorization, fetch: signedIn, ask };
}
