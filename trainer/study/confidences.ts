/** Confidences made of the same logits: what each says of a row, fitted on validation rows alone. */
import { isotonic, platt, sigmoid, temperature } from "../evaluate/calibrate.ts";
import { type Logits, together } from "./logits.ts";

export const CONFIDENCES = ["softmax margin", "BCE alone", "temperature", "Platt", "isotonic", "energy"] as const;
export type ConfidenceName = (typeof CONFIDENCES)[number];

/** A score that ranks rows, and the probability that each is anomalous. */
export interface Confidence {
  readonly name: ConfidenceName;
  score(logits: Logits): Float64Array;
  probability(logits: Logits): Float64Array;
}

/** What our own confidence is: σ((ℓ₁ − ℓ₀ + shift)/T), with T and shift as training left them. */
export interface OwnLine {
  readonly temperature: number;
  readonly shift: number;
}

/**
 * - softmax margin: our own, whose T and shift training chose on validation rows;
 * - BCE alone: the logits as cross-entropy left them, T = 1 without a shift;
 * - temperature, Platt, isotonic: fitted to the difference of the logits;
 * - energy: −T·log Σ exp(ℓ/T) at T = 1 (Liu, Wang, Owens, Li 2020), as a probability by Platt.
 *
 * @throws RangeError without a normal or without an anomalous validation row
 */
export function confidencesOf(own: OwnLine, normal: Logits, seen: Logits): Confidence[] {
  const fitting = together([normal, seen]);
  const labels = new Uint8Array(fitting.normal.length).fill(1, normal.normal.length);
  const margins = margin(fitting);
  const scaled = temperature(labels, margins.map(sigmoid));
  const stepped = isotonic(labels, margins);
  const line = platt(labels, margins);
  const energyLine = platt(labels, energy(fitting));
  const ofMargin = (name: ConfidenceName, of: (margin: number) => number, ties = false): Confidence => {
    const probability = (logits: Logits): Float64Array => margin(logits).map(of);
    // What rises strictly with the margin ranks as the margin does, also where a probability saturates.
    return { name, probability, score: ties ? probability : margin };
  };
  return [
    ofMargin("softmax margin", (z) => sigmoid((z + own.shift) / own.temperature)),
    ofMargin("BCE alone", sigmoid),
    ofMargin("temperature", (z) => scaled(sigmoid(z))),
    ofMargin("Platt", line),
    ofMargin("isotonic", stepped, true),
    { name: "energy", score: energy, probability: (logits) => energy(logits).map(energyLine) },
  ];
}

/** z = ℓ₁ − ℓ₀. */
export function margin({ normal, anomalous }: Logits): Float64Array {
  return anomalous.map((logit, i) => logit - normal[i]);
}

/** −log(exp ℓ₀ + exp ℓ₁): high where neither class is likely. */
export function energy({ normal, anomalous }: Logits): Float64Array {
  return anomalous.map(
    (logit, i) => -(Math.max(logit, normal[i]) + Math.log1p(Math.exp(-Math.abs(logit - normal[i])))),
  );
}
