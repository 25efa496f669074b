/** The study of normal domains as a page. */
import { mean } from "../report/frame.ts";
import { fixed } from "../report/section.ts";
import type { DomainsResult, DomainsTask } from "./domains.ts";
import { figure, legendOf, linesPanel, methodColours, type Point } from "./figure.ts";
import { focusOf, percent, seedMeans, standardError, trendOf, withError } from "./means.ts";
import type { Entry, Page } from "./study.ts";

type Line = DomainsResult & {
  readonly data: string;
  readonly seed: number;
  readonly method: string;
  readonly count: number;
  readonly domains: number;
};

/** What one method did on one data set, by number of domains trained on, from 1 to all of them. */
export interface Course {
  readonly data: string;
  readonly method: string;
  readonly own: { readonly auc: readonly number[] };
  readonly all: { readonly auc: readonly number[]; readonly flagged: readonly number[] };
}

const FIGURES: readonly { readonly caption: string; readonly share: boolean; readonly of: (line: Line) => number }[] = [
  { caption: "AUC-ROC, domains trained on", share: false, of: ({ own }) => own.aucRoc },
  { caption: "AUC-ROC, all domains", share: false, of: ({ all }) => all.aucRoc },
  { caption: "flagged at 1 %, domains trained on", share: true, of: ({ own }) => own.falsePositiveRate },
  { caption: "flagged at 1 %, all domains", share: true, of: ({ all }) => all.falsePositiveRate },
];

export function domainsPage(all: readonly Entry<DomainsTask, DomainsResult>[]): Page {
  const lines = comparable(all).flatMap(({ task, results }): Line[] => {
    const { data, seed, method, trained, domains } = task;
    return results.map((result) => ({ ...result, data, seed, method, count: trained.length, domains: domains.length }));
  });
  const methods = [...new Set(lines.map(({ method }) => method))];
  const groups = [...Map.groupBy(lines, ({ data }) => data)].flatMap(([data, own]) =>
    methods.map((method) => ({ data, method, lines: own.filter((line) => line.method === method) })),
  );
  const counted = groups.flatMap(({ data, method, lines: own }) =>
    [...Map.groupBy(own, ({ count }) => count)]
      .sort(([a], [b]) => a - b)
      .map(([count, some]) => ({ data, method, count, lines: some })),
  );
  const colours = methodColours(methods);
  const panel = (title: string, kinds: readonly [number, number]): string => {
    const points = counted.flatMap(({ data, method, count, lines: own }): Point[] =>
      kinds.map((kind, dashed) => {
        const values = seedMeans(own, FIGURES[kind].of);
        const series = `${method}${dashed ? ", domains trained on" : ""}`;
        const error = standardError(values);
        return { facet: data, x: count, series, value: mean(values), error, dashed: dashed === 1 };
      }),
    );
    const both = new Map(
      [...colours].flatMap(([name, colour]) => [
        [name, colour],
        [`${name}, domains trained on`, colour],
      ]),
    );
    const share = FIGURES[kinds[0]].share;
    const y = share ? "↑ flagged, %" : "↑ AUC-ROC";
    return linesPanel(points, { title, x: "normal domains trained on →", y, colours: both, percent: share });
  };
  const auc = "AUC-ROC on unseen families: against all domains (lines), against the domains trained on (dashed)";
  const flagged = "Normal rows flagged at the 1 % budget: of all domains (lines), of the domains trained on (dashed)";
  return {
    finding: domainsFinding(groups.map(courseOf)),
    caption: "Means over choices of domains and held-out families ± standard error over seeds",
    head: ["data", "method", "domains", "training rows", ...FIGURES.map(({ caption }) => caption)],
    rows: counted.map(({ data, method, count, lines: own }) => [
      data,
      method,
      `${count} of ${own[0].domains}`,
      fixed(mean(own.map(({ rows }) => rows)), 0),
      ...FIGURES.map(({ share, of }) => {
        const values = seedMeans(own, of);
        return share ? percent(mean(values)) : withError(values);
      }),
    ]),
    svg: figure("One normal domain or several", legendOf(colours), [
      { caption: auc, svg: panel(auc, [1, 0]) },
      { caption: flagged, svg: panel(flagged, [3, 2]) },
    ]),
  };
}

/** Choices of domains that every method was measured on: means over others would not compare. */
function comparable(entries: readonly Entry<DomainsTask, DomainsResult>[]): Entry<DomainsTask, DomainsResult>[] {
  const methods = new Set(entries.map(({ task }) => task.method));
  const choices = Map.groupBy(entries, ({ task: { data, seed, trained } }) => JSON.stringify([data, seed, trained]));
  return [...choices.values()].filter(({ length }) => length === methods.size).flat();
}

function courseOf({ data, method, lines }: { data: string; method: string; lines: readonly Line[] }): Course {
  const most = Math.max(0, ...lines.map(({ domains }) => domains));
  const by = (figure: (line: Line) => number): number[] =>
    Array.from({ length: most }, (_, i) =>
      mean(
        seedMeans(
          lines.filter(({ count }) => count === i + 1),
          figure,
        ),
      ),
    );
  return {
    data,
    method,
    own: { auc: by(({ own }) => own.aucRoc) },
    all: { auc: by(({ all }) => all.aucRoc), flagged: by(({ all }) => all.falsePositiveRate) },
  };
}

/** Less than this between one domain and all is no difference. */
const TIE = 0.005;

/** @param courses every method on every data set */
export function domainsFinding(courses: readonly Course[]): [string, string] {
  const focus = focusOf(courses.map(({ method }) => method));
  const ours = courses.filter(({ method }) => method === focus);
  const [one, all] = [
    (values: readonly number[]) => values[0],
    (values: readonly number[]) => values[values.length - 1],
  ];
  const over = (own: readonly Course[], figure: (course: Course) => number): number => mean(own.map(figure));
  const trends = (of: (course: Course) => readonly number[], show: (value: number) => string): string => {
    if (ours.length === 1) return `it ${trendOf(of(ours[0]))}`;
    const ends = (values: readonly number[]): string => `${show(one(values))} to ${show(all(values))}`;
    return ours.map((course) => `on ${course.data} it ${trendOf(of(course))}, ${ends(of(course))}`).join("; ");
  };
  const auc = [over(ours, (course) => one(course.all.auc)), over(ours, (course) => all(course.all.auc))];
  const flagged = [over(ours, (course) => one(course.all.flagged)), over(ours, (course) => all(course.all.flagged))];
  const own = over(ours, (course) => all(course.own.auc)) - over(ours, (course) => one(course.own.auc));
  const verdict =
    auc[1] - auc[0] > TIE
      ? "Several domains help"
      : auc[0] - auc[1] > TIE
        ? "Several domains hurt"
        : "The number of domains makes no difference to the ranking";
  const methods = [...new Set(courses.map(({ method }) => method))];
  const ends = methods.map((method) => ({
    method,
    auc: over(
      courses.filter((course) => course.method === method),
      (course) => all(course.all.auc),
    ),
  }));
  const best = ends.reduce((a, b) => (b.auc > a.auc ? b : a));
  const price =
    Math.abs(own) <= TIE
      ? "costs and gains nothing"
      : own > 0
        ? `gains ${fixed(own)} of AUC-ROC`
        : `costs ${fixed(-own)} of AUC-ROC`;
  return [
    `${verdict}: from one normal domain to all, with as many training rows, ${focus}'s AUC-ROC against normal rows of all ` +
      `domains goes from ${fixed(auc[0])} to ${fixed(auc[1])} (${trends((course) => course.all.auc, fixed)}), and the share of them ` +
      `flagged at the 1 % budget from ${percent(flagged[0])} to ${percent(flagged[1])} (${trends((course) => course.all.flagged, percent)}).`,
    `Against normal rows of the domains trained on, diversity ${price}` +
      (methods.length > 1
        ? `; with all domains ${best.method} stands highest of ${methods.length} methods (${fixed(best.auc)}).`
        : "."),
  ];
}
