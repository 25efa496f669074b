/** `unseen start`: the whole way on synthetic flows, from simulation to scores over HTTP, then serves until Ctrl-C. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import getPort, { portNumbers } from "get-port";
import { writeArtefact } from "../../model/artefact.ts";
import { UnseenError } from "../../model/errors.ts";
import type { Scorer } from "../../model/scorer.ts";
import { columnsOf } from "../data/matrix.ts";
import { readDataset } from "../data/read.ts";
import { rowAt } from "../data/rows.ts";
import type { HeldOut } from "../data/split.ts";
import { lacksFiles, writeSimulation } from "../data/simulate/write.ts";
import { evaluate, testSide } from "../evaluate/evaluate.ts";
import { summarise } from "../evaluate/summary.ts";
import { localConfig } from "../publish/local-config.ts";
import { publish } from "../publish/publish.ts";
import { makeFolder, writeWhole } from "../disk.ts";
import { openModel } from "../model-file.ts";
import { type Command, text, whole } from "./command.ts";
import { evaluationText } from "./evaluate.ts";
import { withProgress } from "./progress.ts";
import { table } from "./table.ts";
import { trainOn } from "../learn/train-on.ts";
import { startWorker } from "./worker-process.ts";

/** Families of the simulator that training does not see here: one by distance, one by labels, one in between. */
const HELD_OUT = ["exfiltration", "web_attack", "port_scan"];
const SEED = 1;
const MODEL = "flows";
/** Synthetic rows that go with the model, for the dashboard's sample. */
const EXAMPLES = 240;

export const startCommand: Command = {
  args: {
    port: { type: "string", default: "8787", description: "port to serve on; the next free one if taken" },
    fresh: { type: "boolean", description: "simulate and train anew, whatever is there" },
    dir: { type: "string", default: "runs/start", valueHint: "DIR", description: "where data and model are kept" },
  },
  examples: ["npm start", "npm start -- --port 9000", "unseen start --fresh"],
  async run(options) {
    const wanted = whole(options, "port", 1, 65_535) ?? 8787;
    const dir = text(options, "dir") ?? "runs/start";
    const fresh = options.fresh === true;
    const data = join(dir, "flows");
    const model = join(dir, "model.safetensors");
    makeFolder(dir);
    if (fresh || (await lacksFiles(data))) {
      await withProgress("simulating flows (synthetic)", false, () => writeSimulation(data, { seed: SEED }));
    }
    let opened = fresh ? undefined : openCurrent(model);
    if (!opened) {
      const dataset = await readDataset(data);
      const { artefact } = await withProgress(`training without ${HELD_OUT.join(", ")}`, false, (report) =>
        trainOn(dataset, { holdOut: HELD_OUT, shots: 100, seed: SEED, split: "rows" }, report),
      );
      writeWhole(model, writeArtefact(artefact));
      opened = openModel(model);
    }
    const { scorer } = opened;
    const dataset = await readDataset(data, { columns: columnsOf(scorer.artefact.schema) });
    const side = testSide(scorer, dataset);
    const evaluation = evaluate(scorer, dataset, side);
    console.log(`\n${evaluationText(evaluation)}\n`);
    if (!scorer.artefact.evaluation) {
      const summary = summarise(scorer, side, evaluation, EXAMPLES);
      writeWhole(model, writeArtefact({ ...scorer.artefact, evaluation: summary }));
    }
    const local = { file: model, name: MODEL, remote: false, once: true };
    const { version } = await withProgress("publishing to local KV", false, () => publish(local));

    const port = await getPort({ port: portNumbers(wanted, Math.min(65_535, wanted + 100)) });
    if (port !== wanted) console.log(`port ${wanted} is taken, using ${port}`);
    const start = () => startWorker(port, undefined, undefined, localConfig());
    const worker = await withProgress("starting the Worker", false, start);
    try {
      await showScores(worker.url, scorer, version, side.heldOut);
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void worker.stop());
      console.log(`\n${nextSteps(worker.url, model, dir)}`);
      console.log(`\ndashboard and service on ${worker.url}/, Ctrl-C to stop`);
      await worker.ended;
    } finally {
      await worker.stop();
    }
  },
};

/** The model, where it is there and sound: after an update it may be of the version before. It is made anew where it is not. */
function openCurrent(model: string): ReturnType<typeof openModel> | undefined {
  if (!existsSync(model)) return undefined;
  try {
    return openModel(model);
  } catch (error) {
    if (!(error instanceof UnseenError) || !error.code.startsWith("artefact-")) throw error;
    console.log(`training anew: ${error.message}`);
    return undefined;
  }
}

/**
 * Scores a few unseen rows over HTTP and prints them beside the trainer's scores, and how to ask by hand.
 *
 * @param version of the model here; another one may have been made to serve since
 */
async function showScores(url: string, scorer: Scorer, version: number, heldOut: HeldOut): Promise<void> {
  const { schema } = scorer.artefact;
  const picks = [
    ...heldOut.normal.slice(0, 3).map(({ domain, rows }) => ({ name: `${domain} (normal)`, rows })),
    ...heldOut.unseen.map(({ family, rows }) => ({ name: `${family} (unseen)`, rows })),
  ];
  const instances = picks.map(({ rows }) => rowAt(rows, 0, heldOut.columns));
  const answer = await fetch(`${url}/v1/models/${MODEL}/versions/${version}/score`, {
    method: "POST",
    // Where a key was made for the local Worker, it asks for one.
    headers: { "content-type": "application/json", "x-api-key": process.env.UNSEEN_KEY ?? "" },
    body: JSON.stringify({ instances }),
  });
  const body = (await answer.json()) as { predictions?: { score: number; anomaly: boolean }[]; detail?: string };
  if (!answer.ok || !body.predictions) {
    throw refused(answer.status, body.detail);
  }
  const own = scorer.scoreRows(instances);
  const head = ["row", "score over HTTP", "score in the trainer", "anomaly"];
  const shown = body.predictions.map(({ score, anomaly }, i) => [
    picks[i].name,
    score.toFixed(7),
    own[i].toFixed(7),
    anomaly ? "yes" : "no",
  ]);
  console.log(`\n${table(head, shown)}\n`);
  const ready = (await (await fetch(`${url}/v2/health/ready`)).json()) as { model?: string };
  const here = `${MODEL}@${version}`;
  if (ready.model !== here)
    console.log(`The model here is ${here}; ${ready.model} was put in its place, and serves.\n`);
  const last = instances.length - 1;
  const named = Object.fromEntries(schema.features.map(({ name }, i) => [name, instances[last][i]]));
  console.log(`ask for yourself (a row of ${picks[last].name}):\n`);
  console.log(
    `curl -s ${url}/v1/score -H 'content-type: application/json' -d '${JSON.stringify({ instances: [named] })}'`,
  );
}

/** Why the Worker gave no scores: a key made for it is missing here, which no training anew mends, or it is the model. */
export function refused(status: number, detail: string | undefined): UnseenError {
  const locked = status === 401 || status === 403;
  const remedy = locked ? "Set UNSEEN_KEY to a key of the local Worker, or remove .dev.vars." : "Try --fresh.";
  return new UnseenError("endpoint-failed", `the Worker answered ${status}: ${detail}`, remedy);
}

/** What to try in another shell; docs/operations.md has the rest. */
function nextSteps(url: string, model: string, dir: string): string {
  const learned = join(dir, "learned.safetensors");
  return [
    "in another shell:\n",
    `npx unseen drift --url ${url}   # how far rows are from the training's`,
    `npx unseen calibrate --model ${model} --url ${url} --out ${learned} --publish ${MODEL}   # learn from rows labelled on the dashboard`,
    "npx unseen rollback   # back to the version before",
  ].join("\n");
}
