/** Three histograms side by side: how normal rows and anomalies part from before training to after the outer loop. */
import type { Stage } from "../model/evaluation.ts";
import { h, s } from "./element.ts";

const [WIDTH, HEIGHT] = [300, 110];

export function stagePlots(stages: readonly Stage[]): HTMLElement {
  const figures = stages.map((stage, i) => {
    const { name, score, aucRoc } = stage;
    const caption = h(
      "figcaption",
      {},
      h("span", { class: "step", "aria-hidden": "true" }, String(i + 1)),
      h("strong", {}, name),
      h("span", { class: "auc" }, `AUC-ROC ${aucRoc.toFixed(3)}`),
      h("span", { class: "quiet" }, score),
    );
    return h("figure", {}, histogram(stage), caption);
  });
  const id = "panel-stages";
  return h(
    "section",
    { class: "card", "aria-labelledby": id },
    h("h2", { id }, "How the two sides part"),
    h(
      "p",
      { class: "legend" },
      h("span", { class: "swatch normal" }),
      " normal rows ",
      h("span", { class: "swatch flag" }),
      " anomalies, families training never saw where some were held out",
    ),
    h("div", { class: "stages" }, ...figures),
  );
}

function histogram({ name, normal, anomalous }: Stage): SVGSVGElement {
  const share = (bins: readonly number[]): number[] => {
    const total = bins.reduce((sum, rows) => sum + rows, 0) || 1;
    return bins.map((rows) => rows / total);
  };
  const [up, down] = [share(normal), share(anomalous)];
  const most = Math.sqrt(Math.max(...up, ...down));
  const width = WIDTH / up.length;
  const bars = (shares: readonly number[], side: "normal" | "flag"): SVGRectElement[] =>
    shares.map((value, bin) => {
      const height = (Math.sqrt(value) / most) * (HEIGHT / 2 - 2);
      const y = side === "normal" ? HEIGHT / 2 - 1 - height : HEIGHT / 2 + 1;
      return s("rect", {
        x: (bin * width + 0.5).toFixed(2),
        y: y.toFixed(2),
        width: (width - 1).toFixed(2),
        height: height.toFixed(2),
        class: side,
      });
    });
  return s(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": `${name}: normal rows above, anomalies below, from low to high`,
    },
    ...bars(up, "normal"),
    ...bars(down, "flag"),
    s("line", { x1: 0, x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2, class: "rule" }),
  );
}
