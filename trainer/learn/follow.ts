/** A thread of a team: runs its share of every program that the first one leads, until that sends it home. */
import { workerData } from "node:worker_threads";
import type { Following, TeamFunctions } from "./team.ts";

const { module, memory, control, part, parts } = workerData as Following;
const { follow } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as TeamFunctions;

// The loop is out here so that V8 may replace what runs in it by faster code from one program to the next.
for (let generation = 0; generation >= 0;) generation = follow(control, generation, part, parts);
