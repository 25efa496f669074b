/** The int16 tier of a model, made by the command line as a user makes it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Artefact, readArtefact, writeArtefact } from "../../model/artefact.ts";

const UNSEEN = fileURLToPath(new URL("../../trainer/bin.js", import.meta.url));

/** The model in int16; undefined where this version has no such tier. */
export async function int16(model: Artefact): Promise<Artefact | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "unseen-int16-"));
  try {
    const [from, to] = [join(folder, "f32.safetensors"), join(folder, "int16.safetensors")];
    writeFileSync(from, writeArtefact(model));
    const args = [UNSEEN, "quantize", from, "--weights", "int16", "--out", to];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    if (stderr.includes('no command "quantize"')) return undefined;
    if (status !== 0) throw new Error(`unseen quantize: ${stderr}`);
    return readArtefact(readFileSync(to));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
