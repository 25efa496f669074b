/** The Worker's entry: the app with the compiled kernel. */
import kernel from "../build/score.wasm";
import { Scorer } from "../model/scorer.ts";
import { createApp } from "./app.ts";

const app = createApp((bytes) => Scorer.open(bytes, kernel));

export default app;
