import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { columns } from "./features.ts";
import { simulate, type SimulatedGroup } from "./simulate.ts";

const small = { seed: 4, rows: 300, anomalies: 120 };
const groups = simulate(small);

/** Rows of a group as objects of numbers (protocol left out). */
function rowsOf(group: SimulatedGroup): Record<string, number>[] {
  return Array.from({ length: group.count }, (_, row) =>
    Object.fromEntries(columns.map(({ name }, at) => [name, Number(group.cells[at]?.[row])])),
  );
}

describe("simulate", () => {
  it("has at least six normal domains, nine families and about 25 typed columns", () => {
    expect(groups.filter(({ role }) => role === "normal").length).toBeGreaterThanOrEqual(6);
    expect(groups.filter(({ role }) => role === "anomaly").length).toBeGreaterThanOrEqual(9);
    expect(new Set(groups.map(({ name }) => name)).size).toBe(groups.length);
    expect(columns.length).toBeGreaterThanOrEqual(24);
    expect(columns.length).toBeLessThanOrEqual(30);
    for (const group of groups) {
      expect(group.count).toBe(group.role === "normal" ? 300 : 120);
      expect(group.cells).toHaveLength(columns.length);
      for (const cells of group.cells) expect(cells).toHaveLength(group.count);
    }
  });

  it("is a function of the seed", () => {
    expect(simulate(small)).toEqual(groups);
    const other = simulate({ ...small, seed: 5 });
    for (const [at, group] of groups.entries()) expect(other[at]?.cells).not.toEqual(group.cells);
  });

  it("begins with the same rows when more are asked for", () => {
    const more = simulate({ seed: 4, rows: 310, anomalies: 125 });
    for (const [at, group] of groups.entries()) {
      expect(more[at]?.cells.map((cells) => cells.slice(0, group.count))).toEqual(group.cells);
    }
  });

  it("uses every protocol, finite numbers, and hardly repeats a row", () => {
    const protocols = new Set(groups.flatMap(({ cells }) => [...(cells[0] ?? [])]));
    expect(protocols).toEqual(new Set(["tcp", "udp", "icmp"]));
    for (const group of groups) {
      for (const cells of group.cells.slice(1)) {
        expect(cells.every((cell) => Number.isFinite(cell))).toBe(true);
      }
      const distinct = new Set(rowsOf(group).map((row) => JSON.stringify(row)));
      expect(distinct.size).toBeGreaterThan(0.95 * group.count);
    }
  });

  it("is described in docs/simulator.md, group by group and column by column", () => {
    const page = readFileSync(new URL("../../../docs/simulator.md", import.meta.url), "utf8");
    expect(page).toMatch(/synthetic/);
    for (const { name, description } of groups) expect(page).toContain(`| \`${name}\` | ${description} |`);
    for (const { name, unit, meaning } of columns) expect(page).toContain(`| \`${name}\` | ${unit} | ${meaning} |`);
  });
});

describe("features", () => {
  const close = (value: number, expected: number) =>
    Math.abs(value - expected) <= 2e-5 * Math.max(1, Math.abs(expected));

  it.each(groups.map((group) => [group.name, group] as const))("agree in %s", (_, group) => {
    for (const row of rowsOf(group)) {
      const at = (name: string) => row[name] ?? Number.NaN;
      const packets = at("tot_fwd_pkts") + at("tot_bwd_pkts");
      const faults = [
        !(at("tot_fwd_pkts") >= 1),
        !close(at("fwd_pkt_len_mean") * at("tot_fwd_pkts"), at("totlen_fwd_pkts")),
        !close(at("bwd_pkt_len_mean") * at("tot_bwd_pkts"), at("totlen_bwd_pkts")),
        !close(at("down_up_ratio") * at("tot_fwd_pkts"), at("tot_bwd_pkts")),
        !close(at("flow_iat_mean") * Math.max(1, packets - 1), at("flow_duration")),
        !close(at("flow_pkts_s") * at("flow_duration"), at("flow_duration") === 0 ? 0 : packets * 1e6),
        at("flow_duration") === 0 && packets > 1,
        at("flow_iat_max") < at("flow_iat_mean") * (1 - 1e-5),
        at("flow_iat_max") > at("flow_duration") * (1 + 1e-5),
        at("fwd_iat_mean") * (at("tot_fwd_pkts") - 1) > at("flow_duration") * (1 + 1e-4),
        ...["fwd", "bwd"].flatMap((way) => [
          at(`${way}_pkt_len_max`) < Math.floor(at(`${way}_pkt_len_mean`)),
          at(`${way}_pkt_len_max`) > 1460,
          at(`${way}_pkt_len_max`) > at(`totlen_${way}_pkts`),
          // Sample variance of n values in [0, max]: at most n/(n − 1) · (max − mean) · mean.
          at(`${way}_pkt_len_std`) ** 2 >
            (at(`tot_${way}_pkts`) / Math.max(1, at(`tot_${way}_pkts`) - 1)) *
              Math.max(1, at(`${way}_pkt_len_max`) - at(`${way}_pkt_len_mean`)) *
              at(`${way}_pkt_len_mean`) *
              (1 + 1e-4),
        ]),
        at("syn_flag_cnt") + at("rst_flag_cnt") + at("fin_flag_cnt") > packets,
        at("psh_flag_cnt") > packets,
      ];
      expect(faults.indexOf(true), JSON.stringify(row)).toBe(-1);
    }
  });

  it("have windows and flags only where there is TCP, and six significant digits", () => {
    for (const group of groups) {
      rowsOf(group).forEach((row, index) => {
        const isTcp = group.cells[0]?.[index] === "tcp";
        expect((row["init_fwd_win_byts"] ?? 0) >= 0).toBe(isTcp);
        if (!isTcp) expect(row["syn_flag_cnt"]).toBe(0);
        for (const value of Object.values(row).slice(1)) {
          expect(Number(value.toPrecision(6))).toBe(value);
        }
      });
    }
  });
});
