/** What a worker keeps between tasks: data sets read, and the sides of the last few cells. */
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { UnseenError } from "../../model/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { domainsOf } from "../data/families.ts";
import { isFolder } from "../data/files.ts";
import { readFolder } from "../data/folder.ts";
import { leakNotes } from "../data/leaks.ts";
import { type Meta, readMeta } from "../data/meta.ts";
import { neighbourNotes } from "../data/neighbours.ts";
import { methodNamed } from "../peers/registry.ts";
import { type Base, baseOf, type Cell, cellOf } from "./cell.ts";
import { candidatesOf, namedCandidates } from "./families.ts";
import { type ResultLine, settingOf } from "./line.ts";
import type { Outline } from "./plan.ts";
import { runTask, type Task } from "./task.ts";

/** What the pool may ask a worker for. */
export type Request =
  | { readonly kind: "outline"; readonly folder: string; readonly families: readonly string[] }
  | { readonly kind: "task"; readonly task: Task };

export class Bench {
  readonly #datasets = new Recent<Promise<{ dataset: Dataset; meta: Meta | null }>>(2);
  readonly #bases = new Recent<Base>(2);
  readonly #cells = new Recent<Cell>(9);

  /** What planning needs to know of a data set; with `families`, those are the ones to hold out. */
  async outline(folder: string, families: readonly string[]): Promise<Outline> {
    const { dataset, meta } = await this.read(folder);
    return {
      folder,
      data: basename(resolve(folder)),
      domains: domainsOf(dataset).length,
      blocks: [...(meta?.files.values() ?? [])].some(({ role, blocks }) => role === "normal" && blocks !== null),
      ...(families.length > 0
        ? namedCandidates(dataset, meta, families)
        : { candidates: candidatesOf(dataset, meta), missing: [] }),
      flattering: { always: leakNotes(dataset), random: neighbourNotes(dataset) },
    };
  }

  async run(task: Task): Promise<ResultLine[]> {
    const { dataset } = await this.read(task.folder);
    const key = [task.folder, task.seed, settingOf(task)];
    const base = this.#bases.get(JSON.stringify(key), () => baseOf(dataset, task));
    return runTask(task, methodNamed(task.method), {
      base,
      cell: (holdOut) => this.#cells.get(JSON.stringify([...key, holdOut]), () => cellOf(base, holdOut)),
    });
  }

  /** A data set and its meta.json; the last two are kept. */
  read(folder: string): Promise<{ dataset: Dataset; meta: Meta | null }> {
    return this.#datasets.get(folder, async () => {
      if (existsSync(folder) && !isFolder(folder)) {
        const remedy = "Give a folder with a file for each normal domain and family, as in docs/data.md.";
        throw new UnseenError("option-invalid", `${folder} is no folder.`, remedy);
      }
      return { dataset: await readFolder(folder), meta: readMeta(folder) };
    });
  }
}

/** A cache of the last few values asked for. */
class Recent<T> {
  readonly #values = new Map<string, T>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, make: () => T): T {
    const value = this.#values.get(key) ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#most) break;
      this.#values.delete(oldest);
    }
    return value;
  }
}
