/** The study of few labels: how many of each seen family it takes to recognise families nobody has labelled. */
import type { Bench } from "../benchmark/bench.ts";
import type { BaseRequest } from "../benchmark/cell.ts";
import type { Task } from "../benchmark/task.ts";
import { seedMeans, standardError, withError } from "./means.ts";
import { mean } from "../report/frame.ts";
import { figure, legendOf, linesPanel, methodColours } from "./figure.ts";
import { heldOutOf, untested } from "./held-out.ts";
import { type Curve, shotsFinding } from "./shots-finding.ts";
import type { Entry, Page, Planned, Study, StudyOptions } from "./study.ts";

export interface ShotsResult {
  readonly family: string;
  readonly aucRoc: number;
  /** Labels used for fitting and selection. */
  readonly labels: number;
}

type Line = ShotsResult & { readonly data: string; readonly seed: number; readonly method: string; shots: number };

export const shotsStudy: Study<Task, ShotsResult> = {
  name: "shots",
  title: "How few labels help",
  question:
    "How many labels of each seen family does it take to do better on an unseen one than without any? Each family is " +
    "held out in turn; the K labels of each other family serve for everything (80 % to fit, 20 % to select and " +
    "calibrate), and the test rows are the same for every K.",

  async plan(bench: Bench, options: StudyOptions): Promise<Planned<Task>> {
    const tasks: Task[] = [];
    for (const folder of options.folders) {
      const { data, sets } = await heldOutOf(bench, folder, options);
      for (let seed = 1; seed <= options.seeds; seed++) {
        for (const shots of options.shots) {
          const request: BaseRequest = { split: options.split, seed, shots, full: false };
          for (const { name: method, labels } of options.methods) {
            const task = { folder, data, ...request, method, holdOutK: 1 };
            if (labels) tasks.push(...sets.map((set) => ({ ...task, sets: [set] })));
            else if (sets.length > 0) tasks.push({ ...task, sets });
          }
        }
      }
    }
    return { tasks, notes: [] };
  },

  async measure(bench, task) {
    const lines = await bench.run(task);
    return lines.map(({ family, aucRoc, labels }) => ({ family, aucRoc, labels: labels.fit }));
  },

  remarks: untested,

  page: shotsPage,
};

function shotsPage(entries: readonly Entry<Task, ShotsResult>[]): Page {
  const lines = entries.flatMap(({ task: { data, seed, method, shots }, results }): Line[] =>
    results.map((result) => ({ ...result, data, seed, method, shots })),
  );
  const methods = [...new Set(lines.map(({ method }) => method))];
  const counts = [...new Set(lines.map(({ shots }) => shots))].sort((a, b) => a - b);
  const data = [...new Set(lines.map((line) => line.data))];
  const of = (method: string, shots: number, set?: string): Line[] =>
    lines.filter((line) => line.method === method && line.shots === shots && (set === undefined || line.data === set));
  const auc = (own: readonly Line[]): number[] => seedMeans(own, ({ aucRoc }) => aucRoc);
  const curves = methods.map((method): Curve => ({
    method,
    labels: lines.some((line) => line.method === method && line.labels > 0),
    points: counts.map((shots) => ({ shots, bySeed: auc(of(method, shots)) })),
  }));
  const facets = data.length > 1 ? [...data, "mean"] : data;
  const points = facets.flatMap((facet) =>
    methods.flatMap((series) =>
      counts.map((x) => {
        const values = auc(of(series, x, facet === "mean" ? undefined : facet));
        return { facet, series, x, value: mean(values), error: standardError(values) };
      }),
    ),
  );
  const colours = methodColours(methods);
  const title = "AUC-ROC on unseen families by labels per seen family";
  return {
    finding: shotsFinding(curves),
    caption: "Mean AUC-ROC over held-out families ± standard error over seeds, by labels K of each seen family",
    head: ["data", "method", ...counts.map((shots) => `K = ${shots}`)],
    rows: facets.flatMap((facet) =>
      methods.map((method) => [
        facet,
        method,
        ...counts.map((shots) => withError(auc(of(method, shots, facet === "mean" ? undefined : facet)))),
      ]),
    ),
    svg: figure(title, legendOf(colours), [
      {
        caption: title,
        svg: linesPanel(points, { title, x: "labels of each seen family, K →", y: "↑ AUC-ROC", colours }),
      },
    ]),
  };
}
