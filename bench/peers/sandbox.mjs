// Programs in another sandbox for agents, for the sandbox bench. Each line of input is a command, how often to run it and
// how many at a time, as JSON; each line of output is how long each run took, as JSON. The process ends with its input.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { SandboxManager } from "@anthropic-ai/sandbox-runtime";

await SandboxManager.initialize({
  network: { allowedDomains: [], deniedDomains: [] },
  filesystem: { denyRead: ["/root"], allowWrite: ["/tmp"], denyWrite: [] },
});

function once(command) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ["ignore", "ignore", "inherit"] });
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`exit code ${code}`))));
  });
}

async function measure({ command, runs, atOnce }) {
  const took = [];
  let left = runs;
  const work = async () => {
    while (left-- > 0) {
      const began = performance.now();
      await once(await SandboxManager.wrapWithSandbox(command));
      took.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return took;
}

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify({ tookMs: await measure(JSON.parse(line)) }));
}
await SandboxManager.reset();
process.exit(0);
