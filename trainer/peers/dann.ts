/** DANN (Ganin et al. 2016): a classifier on features from which the normal domain cannot be told. */
import { below, drawFor } from "../learn/draw.ts";
import { binaryCrossEntropy, crossEntropy, probabilities } from "./losses.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import { BATCH, Mlp } from "./mlp.ts";
import { constantScores, drawInto, families, seenAuc, train } from "./training.ts";
import { tunedClassifier } from "./tuned.ts";

const LATENT = 64;
const STEPS = 800;
const RATE = 1e-3;
/** What λ rises to: the first as the authors have it. */
const LAMBDAS = [1, 0.1] as const;
/** γ of the schedule of λ. */
const GAMMA = 10;
const DRAW = 4312;

export const dann = tunedClassifier<number>({
  name: "dann",
  title: "DANN",
  source:
    "Ganin, Ustinova, Ajakan, Germain, Larochelle, Laviolette, Marchand, Lempitsky: Domain-adversarial training of neural networks, 2016",
  group: "foundation",
  settings: LAMBDAS,
  prepare: (side) => (most) => fitDann(side, most),
});

/**
 * The domains are the normal ones, and the domain classifier sees normal rows only. With one domain there is nothing
 * to confuse, and what is left is the label classifier.
 */
function fitDann(side: EncodedSide, most: number): Fitted {
  if (side.seen.length === 0) return constantScores(true);
  const { width } = side;
  const draw = drawFor(side.seed, DRAW);
  const encoder = new Mlp({ sizes: [width, 128, LATENT], output: "gelu" }, draw);
  const labelHead = new Mlp({ sizes: [LATENT, 1], inputGradient: true }, draw);
  const domains = side.normal.map((part) => part.train);
  const half = BATCH / 2;
  const domainHead = new Mlp({ sizes: [LATENT, 64, domains.length], batch: half, inputGradient: true }, draw);
  const anomalies = families(side);
  const x = new Float32Array(BATCH * width);
  const labels = new Uint8Array(BATCH).fill(1, half);
  const domainOf = new Int32Array(half);
  const gradient = new Float32Array(BATCH);
  const domainGradient = new Float32Array(half * domains.length);
  train({
    nets: [encoder, labelHead, domainHead],
    steps: STEPS,
    rate: RATE,
    gradients: (index) => {
      for (let i = 0; i < half; i++) {
        domainOf[i] = below(draw, domains.length);
        drawInto([domains[domainOf[i]]], 1, draw, x, i);
      }
      drawInto(anomalies, half, draw, x, half);
      const z = encoder.forward(x, BATCH);
      binaryCrossEntropy(labelHead.forward(z, BATCH), labels, gradient);
      const dz = labelHead.backward(gradient);
      if (domains.length > 1) {
        const logits = domainHead.forward(z.subarray(0, half * LATENT), half);
        crossEntropy(logits, domains.length, domainOf, domainGradient);
        // Gradient reversal: the domain head descends its loss, the features ascend it, λ_p = 2/(1 + e^(−γp)) − 1, times what it rises to.
        const lambda = most * (2 / (1 + Math.exp((-GAMMA * index) / STEPS)) - 1);
        const reversed = domainHead.backward(domainGradient);
        for (let i = 0; i < reversed.length; i++) dz[i] -= lambda * reversed[i];
      }
      encoder.backward(dz);
    },
    value: seenAuc(side, (rows) => labelHead.apply(encoder.apply(rows)).data),
  });
  return {
    probability: true,
    bytes: encoder.bytes + labelHead.bytes,
    score: (rows) => probabilities(labelHead.apply(encoder.apply(rows)).data),
  };
}
