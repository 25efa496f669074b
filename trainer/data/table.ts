/** One table (in one file or several) with a label column as a data set. */
import { UnseenError } from "../../model/errors.ts";
import { didYouMean } from "../nearest.ts";
import { blocksFrom, blocksOf } from "./blocks.ts";
import type { Cells, ColumnSpec, Dataset, Group } from "./dataset.ts";
import { dropDuplicates } from "./duplicates.ts";
import { folded } from "./families.ts";
import { expandFiles, stem } from "./files.ts";
import { type TypedTables, typeColumns } from "./kinds.ts";
import { checkColumnNames, statedKinds, type TableOptions } from "./options.ts";
import { concatRows, takeRows } from "./rows.ts";
import { readTables, type RawTable } from "./tables.ts";

/**
 * Reads labelled rows from files, folders or globs, all with the same columns.
 *
 * Rows whose label means normal form the normal domains (`domain` column, else one, "all"); every other row belongs to
 * the family its `family` column, else its label, names. Rows without a label are left out, with a note. Throws
 * `option-invalid` when it is not known which labels mean normal, `data-empty` where no row has one, `column-unknown`
 * for a wrong column name, `data-not-found`, and what `readTables` throws.
 */
export async function readTable(sources: string | readonly string[], options: TableOptions): Promise<Dataset> {
  const paths = typeof sources === "string" ? [sources] : sources;
  const files = expandFiles(paths);
  const { label } = options;
  if (label === undefined) {
    throw new UnseenError(
      "option-invalid",
      `${paths.join(", ")} is a table, and no label column is named.`,
      "Name the column that holds the labels: --label COLUMN.",
    );
  }
  const roles = [label, options.family, options.domain, options.block].filter((name) => name !== undefined);
  checkRoles(roles, options.columns ?? []);
  const stated = statedKinds(options);
  const tables = await readTables(files, {
    asText: new Set([
      ...roles,
      ...[...stated].flatMap(([name, kind]) => (kind === "numeric" || kind === "drop" ? [] : [name])),
    ]),
    ...(options.columns ? { only: [...new Set([...options.columns.map((column) => column.name), ...roles])] } : {}),
  });
  const names = tables[0]?.columns.map((column) => column.name) ?? [];
  checkColumnNames([...roles, ...Object.keys(options.types ?? {})], names, files[0]?.name ?? paths.join(", "));

  const labels = textsOf(tables, label);
  const normal = normalLabels(labels, options.normal, label);
  const starts: number[] = [];
  let count = 0;
  for (const table of tables) {
    starts.push(count);
    count += table.count;
  }
  const features = tables.map((table): RawTable => ({
    ...table,
    columns: table.columns.filter((column) => !roles.includes(column.name)),
  }));
  const typed = typeColumns(features, (table, row) => normal.has(labels[starts[table] + row]), stated);
  const read = tables.map(({ file, sha256, count: rows }) => ({ path: file.name, sha256, rows }));

  const families = options.family === undefined ? labels : textsOf(tables, options.family);
  const domains = options.domain === undefined ? null : textsOf(tables, options.domain);
  const { members, unlabelled } = assign(labels, (row) => {
    const label = labels[row] ?? "";
    return normal.has(label)
      ? { role: "normal", name: domains === null ? "all" : (domains[row] ?? "(no domain)") }
      : { role: "anomaly", name: families[row] ?? label };
  });
  const notes = [
    ...(unlabelled > 0 ? [`${unlabelled} rows have no label and are left out.`] : []),
    ...spellingNotes(
      normal,
      members.map(({ member }) => member),
    ),
  ];
  const blocks = options.block === undefined ? null : textsOf(tables, options.block);
  const unique = dropDuplicates(partition(typed, members, blocks));
  return {
    name: stem(paths[0] ?? "table"),
    columns: typed.columns,
    groups: unique.groups,
    files: read,
    notes: [...notes, ...typed.notes, ...unique.notes],
    roles: {
      ...(options.domain === undefined ? {} : { domain: options.domain }),
      ...(options.block === undefined ? {} : { block: options.block }),
    },
  };
}

/** A column that is split off as labels is none that a trained model could be given. */
function checkRoles(roles: readonly string[], features: readonly ColumnSpec[]): void {
  const both = features.find(({ name }) => roles.includes(name));
  if (both === undefined) return;
  throw new UnseenError(
    "option-invalid",
    `The model reads column "${both.name}" as a feature, so it cannot name labels, families, domains or blocks.`,
    "Name the columns that training was told, or train again with these.",
    { feature: both.name },
  );
}

function textsOf(tables: readonly RawTable[], name: string): (string | null)[] {
  return tables.flatMap((table) => table.columns.find((column) => column.name === name)?.texts ?? []);
}

/** The labels that mean normal, all of which occur. */
function normalLabels(
  labels: readonly (string | null)[],
  stated: readonly string[] | undefined,
  column: string,
): Set<string | null> {
  const present = new Set(labels.filter((label) => label !== null));
  if (present.size === 0) {
    const what = `No row has a label in column "${column}".`;
    throw new UnseenError("data-empty", what, "Name the column that holds the labels.", { feature: column });
  }
  const unknown = stated?.find((name) => !present.has(name));
  if (unknown !== undefined) {
    throw new UnseenError(
      "option-invalid",
      `No row has "${unknown}" in column "${column}".`,
      didYouMean(unknown, present),
      { feature: column },
    );
  }
  if (stated !== undefined && stated.length > 0) return new Set(stated);
  for (const words of [
    ["normal", "benign"],
    ["0", "false"],
  ]) {
    const meant = [...present].filter((label) => words.includes(label.toLowerCase()));
    if (meant.length > 0) return new Set(meant);
  }
  const shown = [...present].slice(0, 8).map((label) => `"${label}"`);
  throw new UnseenError(
    "option-invalid",
    `It is not clear which values of column "${column}" mean normal; it holds ${shown.join(", ")}${present.size > 8 ? ", …" : ""}.`,
    "Name the value or values that mean normal: --normal VALUE,VALUE.",
    { feature: column },
  );
}

interface Member {
  readonly role: "normal" | "anomaly";
  readonly name: string;
}

/** Row indices by group, normal domains first, by name. */
function assign(
  labels: readonly (string | null)[],
  memberOf: (row: number) => Member,
): { members: { member: Member; rows: number[] }[]; unlabelled: number } {
  const byKey = new Map<string, { member: Member; rows: number[] }>();
  let unlabelled = 0;
  for (const [row, label] of labels.entries()) {
    if (label === null) {
      unlabelled++;
      continue;
    }
    const member = memberOf(row);
    const key = `${member.role === "normal" ? 0 : 1}${member.name}`;
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, { member, rows: [row] });
    else known.rows.push(row);
  }
  const keys = [...byKey.keys()].sort();
  return { members: keys.flatMap((key) => byKey.get(key) ?? []), unlabelled };
}

/** Remarks on families whose names only their spelling tells from each other's, or from a label that means normal. */
function spellingNotes(normal: ReadonlySet<string | null>, members: readonly Member[]): string[] {
  const families = new Set(members.flatMap(({ role, name }) => (role === "anomaly" ? [name] : [])));
  const labels = [...normal].filter((label) => label !== null);
  const names = new Set([...labels, ...families]);
  return [...Map.groupBy(names, folded).values()].flatMap((alike) => {
    if (alike.length === 1 || !alike.some((name) => families.has(name))) return [];
    const named = alike.map((name) => `"${name}"`).join(" and ");
    return [
      `${named} count as different, though only case of letters or Unicode form tells them apart: name each (--normal, --hold-out), or write them alike.`,
    ];
  });
}

/** The members' rows, gathered column by column, each let go of as soon as it is shared out: there is no second table. */
function partition(
  { rows: parts, columns }: TypedTables,
  members: readonly { member: Member; rows: number[] }[],
  blocks: readonly (string | null)[] | null,
): Group[] {
  const cells = members.map((): Cells[] => []);
  for (const column of columns.keys()) {
    const whole = concatRows(parts.map((part) => ({ count: part.count, cells: [part.cells[column]] })));
    for (const part of parts) part.cells[column] = [];
    for (const [i, { rows }] of members.entries()) cells[i].push(...takeRows(whole, rows).cells);
  }
  return members.map(({ member, rows }, i): Group => {
    const key = `${member.role} ${member.name}`;
    const of =
      blocks === null
        ? blocksOf(key, rows.length, null)
        : blocksFrom(
            key,
            rows.map((row) => blocks[row]),
          );
    return { ...member, side: null, count: rows.length, cells: cells[i], ...of };
  });
}
