/** The study of transfer as a page. */
import { mean } from "../report/frame.ts";
import { fixed } from "../report/section.ts";
import { COLOURS } from "../report/svg.ts";
import { figure, type Pair, pairsPanel } from "./figure.ts";
import { focusOf, listed, percent, withError } from "./means.ts";
import type { Entry, Page } from "./study.ts";
import type { TransferResult, TransferTask } from "./transfer.ts";

/** A method on one family of the target: trained on the source, and on the target. By seed. */
export interface Transferred {
  readonly source: string;
  readonly target: string;
  readonly columns: number;
  readonly method: string;
  readonly family: string;
  readonly away: { readonly auc: readonly number[]; readonly flagged: readonly number[] };
  readonly home: { readonly auc: readonly number[]; readonly flagged: readonly number[] };
}

export function transferPage(entries: readonly Entry<TransferTask, TransferResult>[]): Page {
  const rows = transferred(entries);
  const colours = [COLOURS.ours, COLOURS.peers[0]] as const;
  const routes = [...Map.groupBy(rows, ({ source, target }) => `${source} → ${target}`)];
  const panels = routes.map(([route, own]) => {
    const pairs = own.map((row): Pair => {
      return { facet: row.method, name: row.family, first: mean(row.away.auc), second: mean(row.home.auc) };
    });
    const least = Math.min(0.5, ...pairs.flatMap(({ first, second }) => [first, second]).filter(Number.isFinite));
    const from = Math.floor(10 * least) / 10;
    return {
      caption: `${route}, ${own[0].columns} columns`,
      svg: pairsPanel(pairs, { title: route, x: "AUC-ROC →", colours, from }),
    };
  });
  return {
    finding: transferFinding(rows),
    caption:
      "AUC-ROC by family of the target ± standard error over seeds, and normal rows of the target flagged at the 1 % budget",
    head: [
      "from → to",
      "columns",
      "method",
      "family",
      "trained on source",
      "trained on target",
      "flagged, source",
      "flagged, target",
    ],
    rows: rows.map(({ source, target, columns, method, family, away, home }) => [
      `${source} → ${target}`,
      String(columns),
      method,
      family,
      withError(away.auc),
      withError(home.auc),
      percent(mean(away.flagged)),
      percent(mean(home.flagged)),
    ]),
    svg: figure(
      "From one data set to another",
      [
        { label: "trained on the source", colour: colours[0] },
        { label: "trained on the target, the family held out", colour: colours[1] },
      ],
      panels,
    ),
  };
}

function transferred(entries: readonly Entry<TransferTask, TransferResult>[]): Transferred[] {
  const lines = entries.flatMap(({ task, results }) => results.map((result) => ({ ...result, task })));
  const groups = Map.groupBy(lines, ({ task: { source, target, method }, family }) =>
    JSON.stringify([source, target, method, family]),
  );
  return [...groups.values()].map((own): Transferred => {
    const { source, target, columns, method } = own[0].task;
    const from = (trainedOn: TransferTask["trainedOn"]): Transferred["home"] => {
      const some = own.filter(({ task }) => task.trainedOn === trainedOn);
      return { auc: some.map(({ aucRoc }) => aucRoc), flagged: some.map(({ falsePositiveRate }) => falsePositiveRate) };
    };
    const { family } = own[0];
    return { source, target, columns: columns.length, method, family, away: from("source"), home: from("target") };
  });
}

/** AUC-ROC below this is no better than little above a guess, and so much below training at home is a loss. */
const POOR = 0.6;
const LOSS = 0.1;
const MOST_NAMED = 4;

export function transferFinding(rows: readonly Transferred[]): [string, string] {
  const focus = focusOf(rows.map(({ method }) => method));
  const ours = rows.filter(({ method }) => method === focus);
  const routes = [...Map.groupBy(ours, ({ source, target }) => `${source} to ${target}`)];
  const over = (own: readonly Transferred[], figure: (row: Transferred) => readonly number[]): number =>
    mean(own.map((row) => mean(figure(row))).filter(Number.isFinite));
  const away = over(ours, (row) => row.away.auc);
  const home = over(ours, (row) => row.home.auc);
  const gap = home - away;
  const verdict = gap > LOSS ? "Little of it holds" : gap > LOSS / 5 ? "Some of it is lost" : "It holds";
  const byRoute = routes.map(
    ([route, own]) =>
      `${route} ${fixed(over(own, (row) => row.away.auc))} against ${fixed(over(own, (row) => row.home.auc))}`,
  );
  const failed = ours
    .map((row) => ({ ...row, here: mean(row.home.auc), elsewhere: mean(row.away.auc) }))
    .filter(({ here, elsewhere }) => elsewhere < POOR || here - elsewhere > LOSS)
    .sort((a, b) => a.elsewhere - b.elsewhere);
  const names = failed.slice(0, MOST_NAMED).map((row) => `${row.family} of ${row.target} (${fixed(row.elsewhere)})`);
  const worst = failed.length > MOST_NAMED ? "worst on " : "";
  const where =
    failed.length === 0
      ? `No family falls below ${POOR} or by more than ${LOSS}`
      : `It fails, below ${POOR} or ${LOSS} under training on the target, on ${failed.length} of ${ours.length} families: ${worst}${listed(names)}`;
  const flagged = routes.map(([route, own]) => `${percent(over(own, (row) => row.away.flagged))} from ${route}`);
  const methods = [...new Set(rows.map(({ method }) => method))];
  const means = methods.map((method) => ({
    method,
    auc: over(
      rows.filter((row) => row.method === method),
      (row) => row.away.auc,
    ),
  }));
  const best = means.reduce((a, b) => (b.auc > a.auc ? b : a));
  return [
    `${verdict}: trained on another data set, ${focus}'s mean AUC-ROC over the target's families is ${fixed(away)}, against ` +
      `${fixed(home)} when trained on the target itself over the same columns (${byRoute.join("; ")})` +
      (methods.length > 1
        ? `, and ${best.method} transfers best of ${methods.length} methods (${fixed(best.auc)}).`
        : "."),
    `${where}; a 1 % budget set on the source flags ${listed(flagged)} of the target's normal rows.`,
  ];
}
