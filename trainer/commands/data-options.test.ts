import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readData } from "./data-options.ts";

const folder = mkdtempSync(join(tmpdir(), "unseen-data-options-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("data are read for a trained model by the options they were trained with", async () => {
  writeFileSync(join(folder, "normal.csv"), "id,size\n1,10\n2,20\n");
  const columns = [{ name: "size", kind: "numeric" as const }];
  for (const options of [
    { data: folder, types: "id=drop,size=categorical" },
    { data: join(folder, "normal.csv"), label: "id", normal: "1", types: "size=boolean" },
  ]) {
    expect((await readData(options, { columns })).columns).toEqual(columns);
  }
  await expect(readData({ data: folder, types: "odd=drop" })).rejects.toMatchObject({ code: "column-unknown" });
});

test("files of one table stand with commas between them; braces are a glob's, and a comma in a name stays one", async () => {
  for (const [name, size] of [
    ["a", 1],
    ["b", 2],
    ["c,d", 3],
  ]) {
    writeFileSync(join(folder, `${name}.csv`), `label,size\nnormal,${size}\nscan,9\n`);
  }
  const rowsOf = async (data: string) => (await readData({ data, label: "label" })).files.length;
  const [a, b] = [join(folder, "a.csv"), join(folder, "b.csv")];
  expect(await rowsOf(`${a},${b}`)).toBe(2);
  expect(await rowsOf(join(folder, "{a,b}.csv"))).toBe(2);
  expect(await rowsOf(join(folder, "c,d.csv"))).toBe(1);
  await expect(rowsOf(`${a},${join(folder, "none.csv")}`)).rejects.toMatchObject({ code: "data-not-found" });
});
