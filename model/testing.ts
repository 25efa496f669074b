/** For tests of the model in more than one engine. */

/** The bits of 20,000 results in one number; arguments are exact in every engine. */
export function digest(log: (x: number) => number): number {
  const words = new Uint32Array(new Float64Array(1).buffer);
  const double = new Float64Array(words.buffer);
  let sum = 0;
  for (let i = 0; i < 20_000; i++) {
    double[0] = log((Math.imul(i, 2_654_435_761) >>> 0) / 2 ** (i % 60));
    sum = Math.imul(sum, 31) + words[0] + words[1];
  }
  return sum >>> 0;
}

export const DIGEST = 2_219_423_749;
