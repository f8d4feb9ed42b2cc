// The work of the engine bench on another durable engine: N runs at once, each of 10 steps that give 1 KiB.
//   node peers.mjs dbos|langgraph-postgres|langgraph-sqlite DATABASE [sync|async]
// DATABASE is a PostgreSQL URL or an SQLite file. Each line of input is a number of runs; each line of output is what
// the round took, as JSON. The process ends with its input.
import { createInterface } from "node:readline";

const steps = 10;
const payload = { text: "x".repeat(1_000) };

// Connections at most; the engine's own pool has as many.
const connectionsMax = 40;

async function dbos(url) {
  const { DBOS } = await import("@dbos-inc/dbos-sdk");
  DBOS.setConfig({
    name: "peers",
    systemDatabaseUrl: url,
    systemDatabasePoolSize: connectionsMax,
    runAdminServer: false,
    logLevel: "error",
  });
  const run = DBOS.registerWorkflow(
    async () => {
      for (let step = 0; step < steps; step++) await DBOS.runStep(async () => payload, { name: `s${step}` });
      return "done";
    },
    { name: "ten-steps" },
  );
  await DBOS.launch();
  return async () => (await DBOS.startWorkflow(run)()).getResult();
}

async function langgraph(saver, durability) {
  const { Annotation, END, START, StateGraph } = await import("@langchain/langgraph");
  const state = Annotation.Root({ step: Annotation(), output: Annotation() });
  const graph = new StateGraph(state)
    .addNode("work", async (now) => ({ step: now.step + 1, output: payload }))
    .addEdge(START, "work")
    .addConditionalEdges("work", (now) => (now.step >= steps ? END : "work"))
    .compile({ checkpointer: saver });
  let thread = 0;
  return () =>
    graph.invoke(
      { step: 0 },
      { configurable: { thread_id: `${process.pid}-${thread++}` }, recursionLimit: 3 * steps, durability },
    );
}

async function langgraphPostgres(url, durability) {
  const { PostgresSaver } = await import("@langchain/langgraph-checkpoint-postgres");
  const { default: pg } = await import("pg");
  const saver = new PostgresSaver(new pg.Pool({ connectionString: url, max: connectionsMax }));
  await saver.setup();
  return langgraph(saver, durability);
}

async function langgraphSqlite(file, durability) {
  const { SqliteSaver } = await import("@langchain/langgraph-checkpoint-sqlite");
  const saver = SqliteSaver.fromConnString(file);
  // The settings that the engine's own database has: commits reach the disk.
  saver.db.pragma("journal_mode = WAL");
  saver.db.pragma("synchronous = FULL");
  return langgraph(saver, durability);
}

const peers = { dbos, "langgraph-postgres": langgraphPostgres, "langgraph-sqlite": langgraphSqlite };
const [peer, database, durability = "sync"] = process.argv.slice(2);
const runOnce = await peers[peer](database, durability);

async function round(runs) {
  const latencies = [];
  const before = process.cpuUsage();
  const began = performance.now();
  await Promise.all(
    Array.from({ length: runs }, async () => {
      const start = performance.now();
      await runOnce();
      latencies.push(performance.now() - start);
    }),
  );
  const wallMs = performance.now() - began;
  const cpu = process.cpuUsage(before);
  latencies.sort((one, other) => one - other);
  const at = (share) => latencies[Math.min(runs - 1, Math.floor(runs * share))];
  return { wallMs, cpuMs: (cpu.user + cpu.system) / 1_000, p50Ms: at(0.5), p95Ms: at(0.95) };
}

console.log(JSON.stringify({ ready: peer }));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await round(Number(line))));
}
process.exit(0);
