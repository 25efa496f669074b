/** A folder with one file per normal domain and per anomaly family as a data set. */
import { basename, join, resolve } from "node:path";
import { UnseenError } from "../../model/errors.ts";
import { blocksOf } from "./blocks.ts";
import type { Dataset, Group } from "./dataset.ts";
import { dropDuplicates } from "./duplicates.ts";
import { dataFilesIn, isFolder, notFound, stem } from "./files.ts";
import { typeColumns } from "./kinds.ts";
import { readMeta, type Meta, type MetaBlock } from "./meta.ts";
import { checkColumnNames, statedKinds, type ReadOptions } from "./options.ts";
import type { SourceFile } from "./scan.ts";
import { readTables, type RawTable } from "./tables.ts";

/**
 * Reads a folder: `normal*.csv[.gz]` or `normal*.parquet` files are normal domains, every other data file is the
 * anomaly family its stem names. `train/` and `test/` folders inside hold official sides of the same layout; then the
 * same domain or family may have a group on each side. meta.json is honoured where present (see readMeta).
 *
 * The domain is the file's name after `normal`, or "all"; meta.json may name it otherwise. Throws `data-not-found`
 * (no folder, no normal file), and what `readTables` throws.
 */
export async function readFolder(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  if (!isFolder(folder)) throw notFound(folder);
  const meta = readMeta(folder);
  const plans = planFiles(folder, meta);
  if (!plans.some((plan) => plan.role === "normal")) {
    throw new UnseenError(
      "data-not-found",
      `${folder} has no normal rows: no file there is called normal*.csv, normal*.csv.gz or normal*.parquet.`,
      "Name the files of normal rows so; where each file holds labelled rows, unseen train and evaluate take --label.",
      { file: folder },
    );
  }
  const stated = statedKinds(options, meta?.kinds);
  const tables = await readTables(
    plans.map((plan) => plan.file),
    {
      asText: new Set(
        [...stated].flatMap(([name, kind]) => (kind === "categorical" || kind === "boolean" ? [name] : [])),
      ),
      ...(options.columns ? { only: options.columns.map((column) => column.name) } : {}),
    },
  );
  checkColumnNames(
    Object.keys(options.types ?? {}),
    tables[0]?.columns.map((column) => column.name) ?? [],
    plans[0]?.file.name ?? folder,
  );
  const notes = checkStated(tables, options, meta);
  const typed = typeColumns(tables, (table) => plans[table]?.role === "normal", stated);
  const groups = plans.map((plan, i): Group => {
    const rows = typed.rows[i];
    const key = `${plan.file.name.replace(/[^/]*$/, "")}${plan.role} ${plan.name}`;
    return {
      name: plan.name,
      role: plan.role,
      side: plan.side,
      ...rows,
      ...blocksOf(key, rows.count, soundBlocks(plan, rows.count, notes)),
    };
  });
  const unique = dropDuplicates(groups);
  return {
    name: meta?.name ?? basename(resolve(folder)),
    columns: typed.columns,
    groups: unique.groups,
    files: tables.map(({ file, sha256, count }) => ({ path: file.name, sha256, rows: count })),
    notes: [...notes, ...typed.notes, ...unique.notes],
    familyNames: familyNames(plans),
    blockSides: meta?.blockSides ?? new Map(),
  };
}

interface Plan {
  readonly file: SourceFile;
  readonly role: "normal" | "anomaly";
  readonly name: string;
  readonly side: "train" | "test" | null;
  readonly blocks: readonly MetaBlock[] | null;
  /** Other names of the family: its title, its group. */
  readonly aliases: readonly string[];
}

/** What each data file of the folder is, normal domains first, by file name. */
function planFiles(folder: string, meta: Meta | null): Plan[] {
  const sides = (["train", "test"] as const).filter((side) => isFolder(join(folder, side)));
  const found = [
    ...dataFilesIn(folder).map((file) => ({ file, side: null })),
    ...sides.flatMap((side) => dataFilesIn(join(folder, side), folder).map((file) => ({ file, side }))),
  ];
  const plans = found.map(({ file, side }): Plan => {
    const known = meta?.files.get(file.name);
    const role = known?.role ?? (/^normal/i.test(stem(file.name)) ? "normal" : "anomaly");
    const domain = stem(file.name).replace(/^normal[-_. ]*/i, "");
    return {
      file,
      role,
      name: role === "anomaly" ? stem(file.name) : (known?.title ?? (domain === "" ? "all" : domain)),
      side: known?.side ?? side,
      blocks: known?.blocks ?? null,
      aliases: role === "anomaly" ? [known?.title, known?.kin].filter((alias) => typeof alias === "string") : [],
    };
  });
  for (const [i, plan] of plans.entries()) {
    const twin = plans
      .slice(0, i)
      .find((other) => other.role === plan.role && other.name === plan.name && other.side === plan.side);
    if (twin === undefined) continue;
    const what = plan.role === "normal" ? `normal domain "${plan.name}"` : `family "${plan.name}"`;
    throw new UnseenError(
      "data-unreadable",
      `${twin.file.name} and ${plan.file.name} are both the ${what}.`,
      "Join or rename them.",
      {
        file: plan.file.name,
      },
    );
  }
  return [...plans.filter((plan) => plan.role === "normal"), ...plans.filter((plan) => plan.role === "anomaly")];
}

function soundBlocks(plan: Plan, count: number, notes: string[]): readonly MetaBlock[] | null {
  if (plan.blocks === null) return null;
  const listed = plan.blocks.reduce((sum, block) => sum + block.rows, 0);
  if (listed === count) return plan.blocks;
  notes.push(
    `meta.json lists ${listed} rows in the blocks of ${plan.file.name}, which has ${count}: its list is ignored.`,
  );
  return null;
}

/** Remarks on what meta.json says and the files do not bear out. */
function checkStated(tables: readonly RawTable[], options: ReadOptions, meta: Meta | null): string[] {
  if (meta === null) return [];
  const notes = [...meta.notes];
  const present = new Map(tables.map((table) => [table.file.name, table.sha256]));
  const absent = [...meta.files.keys()].filter((file) => !present.has(file));
  if (absent.length > 0) notes.push(`meta.json lists ${absent.length} files that are not there, such as ${absent[0]}.`);
  const changed = [...meta.sha256].filter(([file, hash]) => present.has(file) && present.get(file) !== hash);
  if (changed.length > 0)
    notes.push(`${changed.length} files differ from meta.json's sha256, such as ${changed[0]?.[0]}.`);
  const columns = new Set(tables[0]?.columns.map((column) => column.name));
  const unknown = [...meta.kinds.keys()].filter((name) => !columns.has(name));
  if (unknown.length > 0 && options.columns === undefined) {
    notes.push(`meta.json lists ${unknown.length} columns that are not there, such as "${unknown[0]}".`);
  }
  return notes;
}

/** Alias → family names; a name that is itself a family's stays that family's alone. */
function familyNames(plans: readonly Plan[]): Map<string, readonly string[]> {
  const own = new Set(plans.filter((plan) => plan.role === "anomaly").map((plan) => plan.name));
  const names = new Map<string, readonly string[]>();
  for (const plan of plans) {
    for (const alias of plan.aliases) {
      if (own.has(alias)) continue;
      names.set(alias, [...new Set([...(names.get(alias) ?? []), plan.name])]);
    }
  }
  return names;
}
