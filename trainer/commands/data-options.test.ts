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
