/** Numbers as people read them. */

const WHOLE = new Intl.NumberFormat("en");

export const count = (value: number): string => WHOLE.format(value);

/** "1 row", "2 rows". */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** A share in percent, with as many digits as it takes to tell it from nothing and from all. */
export function percent(share: number): string {
  const value = 100 * share;
  const rest = 100 - value;
  if (rest > 0 && rest < 0.5) return `${Number((100 - Number(rest.toPrecision(1))).toPrecision(12))} %`;
  const digits = value >= 9.95 ? Math.round(value) : Number(value.toPrecision(value >= 0.95 ? 2 : 1));
  return `${digits} %`;
}

/** A score: three digits, more where it is near 0 or 1. */
export function score(value: number): string {
  if (value === 0 || value === 1) return String(value);
  const away = Math.min(value, 1 - value);
  if (away >= 0.0095) return value.toFixed(3);
  const digits = Math.min(9, 1 - Math.floor(Math.log10(away)));
  return value < 0.5 && digits >= 6 ? value.toExponential(1) : value.toFixed(digits);
}

/** A value of a row: at most four significant digits, thousands grouped. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e12)) return value.toExponential(2);
  return size >= 1000 ? WHOLE.format(Math.round(value)) : String(Number(value.toPrecision(4)));
}

/** A contribution to the log odds, with its sign. */
export const signed = (value: number): string =>
  `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(Math.abs(value) < 0.095 ? 2 : 1)}`;

export const date = (iso: string): string =>
  new Date(iso).toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
