import { expect, test, vi } from "vitest";
import kernel from "../../build/score.wasm";
import { Scorer } from "../../model/scorer.ts";
import { makeArtefact, randomRows, SCHEMA } from "../../test/fixtures/artefact.ts";
import { answers, bindings, finished, post, publish, type Shown } from "./asking.ts";
import { csvForm } from "./csv.ts";

const { BATCH_STORE: store } = bindings;
const NAMES = SCHEMA.features.map(({ name }) => name);

const cell = (value: unknown): string => (value === null ? "" : String(value));

async function started(key: string, text: string | Uint8Array, more: object = {}): Promise<Shown> {
  await store.put(key, text);
  return (await (await post({ object: key, ...more })).json()) as Shown;
}

test("columns go by name in any order, others are passed over, and every row has the scorer's number in its place", async () => {
  const [{ scorer }] = await publish("flows", 1);
  const rows = randomRows(1200, 12);
  const wanted = scorer.scoreRows(rows);
  const text = [
    ["id", ...NAMES.toReversed()].join(";"),
    ...rows.map((row, i) => [`"row ""${i}"";"`, ...row.map(cell).toReversed()].join(";")),
  ];
  const { id, parts } = await started("in/rows.CSV", `\ufeff${text.join("\r\n")}\r\n`);
  expect(parts).toBeGreaterThan(5);
  expect(await finished(id)).toMatchObject({ state: "complete", rowsDone: rows.length, rowsBad: 0, format: "csv" });
  expect((await answers(id)).map(({ score }) => score)).toEqual([...wanted]);
});

test("a line that is no row is answered in its place, without its values", async () => {
  await publish("flows", 1);
  const good = randomRows(1, 13)[0].map(cell).join(",");
  const wrong = ["1,2", "", "secret,1,tcp,true", `1,1,tcp,secret`, `1,1,"tcp,true`, good];
  const { id } = await started("in/wrong.txt", [NAMES.join(","), ...wrong].join("\n"), { format: "csv" });
  expect(await finished(id)).toMatchObject({ state: "complete", rowsDone: 6, rowsBad: 5 });
  const got = await answers(id);
  expect(got.map(({ code }) => code)).toEqual([
    "row-wrong-length",
    "row-wrong-length",
    "value-wrong-type",
    "value-wrong-type",
    "row-wrong-length",
    undefined,
  ]);
  expect(JSON.stringify(got)).not.toContain("secret");
});

test("an object without the columns is refused before anything is started", async () => {
  await publish("flows", 1);
  for (const [text, code] of [
    [`${NAMES.slice(1).join(",")}\n1,tcp,true\n`, "feature-missing"],
    ['[1,1,"tcp",true]\n', "feature-missing"],
    [NAMES.join(","), "request-invalid"],
    [new Uint8Array([0xff, 0xfe, 0x0a, 0x0a]), "request-invalid"],
  ] as const) {
    expect((await started("in/refused.csv", text)).code).toBe(code);
  }
});

test("a column name that is there twice is told apart as in training", async () => {
  const { artefact } = makeArtefact(kernel, 1);
  const names = ["bytes", "bytes.1", "column 4", "tls"];
  const schema = { features: SCHEMA.features.map((feature, i) => ({ ...feature, name: names[i] })) };
  const object = await store.put("in/twice.csv", "tls,bytes,bytes,\n1,10,2,udp\n");
  if (!object) return expect.fail("the object is not in the store");
  const form = await csvForm(store, { object: object.key, etag: object.etag, size: object.size }, schema);
  const scorer = new Scorer({ ...artefact, schema }, kernel);
  const inputs = new Float32Array(scorer.inputs);
  form.encode(scorer, new TextEncoder().encode("1,10,2,udp"), inputs, 0);
  expect(inputs).toEqual(scorer.encode([10, 2, "udp", true]));
});

test("an empty line of a single column is a row whose value is missing, as in training", async () => {
  const object = await store.put("in/single.csv", `${NAMES[0]}\n1\n\n`);
  if (!object) return expect.fail("the object is not in the store");
  const schema = { features: SCHEMA.features.slice(0, 1) };
  const form = await csvForm(store, { object: object.key, etag: object.etag, size: object.size }, schema);
  const encodeInto = vi.fn();
  form.encode({ encodeInto } as never, new Uint8Array(), new Float32Array(1), 0);
  expect(encodeInto.mock.calls[0][0]).toEqual([null]);
});
