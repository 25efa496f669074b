/** What a study is: a question about the method, as tasks to measure and a page to make of what they gave. */
import type { Bench } from "../benchmark/bench.ts";
import type { BenchmarkSplit } from "../benchmark/cell.ts";
import type { Method } from "../peers/method.ts";

export interface StudyOptions {
  /** Folders of data sets. */
  readonly folders: readonly string[];
  readonly methods: readonly Method[];
  readonly seeds: number;
  /** Labels per seen family; only a study of them takes more than one number. */
  readonly shots: readonly number[];
  readonly split: Exclude<BenchmarkSplit, "domain-out">;
  /** Families to hold out, by name; none for those the benchmark's rule chooses. */
  readonly families: readonly string[];
  /** Normal training rows in all, where they are to be the same for every fit. */
  readonly rows: number;
  /** Columns that mean the same in two data sets, by name. */
  readonly map: ReadonlyMap<string, string>;
}

/** What a task has to say besides: everything in it but `folder` and `folders` tells it from others. */
export interface StudyTask {
  readonly method: string;
  readonly seed: number;
}

export interface Planned<T> {
  readonly tasks: readonly T[];
  readonly notes: readonly string[];
}

/** A task that was measured; one line of the study's results file. */
export interface Entry<T = StudyTask, R = object> {
  readonly study: string;
  readonly task: T;
  readonly results: readonly R[];
}

/** What a study makes of its entries. */
export interface Page {
  /** Two sentences. */
  readonly finding: readonly [string, string];
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** One SVG element that needs nothing else. */
  readonly svg: string;
}

export interface Study<T extends StudyTask = StudyTask, R extends object = object> {
  readonly name: string;
  readonly title: string;
  /** What is asked and how it is measured, in a few sentences. */
  readonly question: string;
  plan(bench: Bench, options: StudyOptions): Promise<Planned<T>>;
  measure(bench: Bench, task: T): Promise<readonly R[]>;
  /** What entries lack, to be told. */
  remarks?(entries: readonly Entry<T, R>[]): string[];
  /** @param entries at least one with a result */
  page(entries: readonly Entry<T, R>[]): Page;
}
