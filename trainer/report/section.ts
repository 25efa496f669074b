/** A report as data: sections of text, tables and plots, which become Markdown or HTML. */

export interface Cell {
  readonly text: string;
  /** Colour of the text, where it says something. */
  readonly colour?: string;
}

export interface Table {
  readonly kind: "table";
  readonly caption: string;
  readonly head: readonly string[];
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly (string | Cell)[])[];
  /** Name of the row to set off. */
  readonly focus?: string;
}

export interface Plot {
  readonly kind: "plot";
  readonly caption: string;
  readonly svg: string;
  readonly legend?: readonly { readonly label: string; readonly colour: string }[];
}

export interface Text {
  readonly kind: "text";
  readonly text: string;
}

export interface Section {
  readonly title: string;
  /** 1 for a chapter, 2 for a part of one. */
  readonly level: 1 | 2;
  readonly blocks: readonly (Table | Plot | Text)[];
}

export interface Report {
  readonly title: string;
  readonly intro: readonly string[];
  readonly sections: readonly Section[];
}

export function text(words: string): Text {
  return { kind: "text", text: words };
}

/** A number with so many decimals; a dash where there is none. */
export function fixed(value: number, decimals = 3): string {
  return Number.isFinite(value) ? value.toFixed(decimals) : "–";
}

/** Mean ± standard deviation, the latter where there is one. */
export function plusMinus({ mean, deviation }: { readonly mean: number; readonly deviation: number }): string {
  return Number.isFinite(deviation) ? `${fixed(mean)} ± ${fixed(deviation)}` : fixed(mean);
}

/** With a sign, unless it rounds to 0. */
export function signed(value: number, decimals = 3): string {
  const words = fixed(Math.abs(value), decimals);
  return Number(words) === 0 ? words : `${value > 0 ? "+" : "−"}${words}`;
}
