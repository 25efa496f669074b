/** MTAE (Ghifary et al. 2015): features that rebuild a row as it would look in every domain, then a classifier on them. */
import { drawFor } from "../learn/draw.ts";
import { DomainDecoders } from "./domain-decoders.ts";
import { binaryCrossEntropy, probabilities } from "./losses.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import { BATCH, Mlp } from "./mlp.ts";
import { constantScores, drawInto, families, seenAuc, train } from "./training.ts";
import { normalRows } from "./training-rows.ts";
import { tunedClassifier } from "./tuned.ts";

/** Widths of the features. */
const WIDTHS = [64, 32] as const;
const STEPS = 600;
const RATE = 1e-3;
const CLASSIFIER_STEPS = 400;
const CLASSIFIER_RATE = 1e-2;
const DRAW = 4313;

export const mtae = tunedClassifier<number>({
  name: "mtae",
  title: "MTAE",
  source:
    "Ghifary, Kleijn, Zhang, Balduzzi: Domain generalization for object recognition with multi-task autoencoders, 2015",
  group: "paper",
  settings: WIDTHS,
  prepare: (side) => (latent) => fitMtae(side, latent),
});

/**
 * One encoder, one decoder a normal domain; anomalies take part in the classifier only. A step draws one pair of the
 * objective's sum over pairs of domains. With one domain it is a plain autoencoder under a classifier.
 */
function fitMtae(side: EncodedSide, latent: number): Fitted {
  if (side.seen.length === 0) return constantScores(true);
  const { width } = side;
  const draw = drawFor(side.seed, DRAW);
  const encoder = new Mlp({ sizes: [width, 128, latent], output: "gelu" }, draw);
  const domains = side.normal.map((part) => part.train);
  const decoders = new DomainDecoders(domains, latent, BATCH, draw);
  const x = new Float32Array(BATCH * width);
  const dz = new Float32Array(BATCH * latent);
  train({
    nets: [encoder, ...decoders.nets],
    steps: STEPS,
    rate: RATE,
    gradients: () => {
      const source = decoders.drawSource(x, draw);
      decoders.reconstruct(source, x, encoder.forward(x, BATCH), dz.fill(0), 1, draw);
      encoder.backward(dz);
    },
  });

  // The authors put a linear support vector machine on the features; here it is a logistic unit.
  const classifier = new Mlp({ sizes: [latent, 1], decay: 1e-2 }, draw);
  const normal = encoder.apply(normalRows(side));
  const anomalies = families(side).map((rows) => encoder.apply(rows));
  const half = BATCH / 2;
  const z = new Float32Array(BATCH * latent);
  const labels = new Uint8Array(BATCH).fill(1, half);
  const gradient = new Float32Array(BATCH);
  train({
    nets: [classifier],
    steps: CLASSIFIER_STEPS,
    rate: CLASSIFIER_RATE,
    gradients: () => {
      drawInto([normal], half, draw, z);
      drawInto(anomalies, half, draw, z, half);
      binaryCrossEntropy(classifier.forward(z, BATCH), labels, gradient);
      classifier.backward(gradient);
    },
    value: seenAuc(side, (rows) => classifier.apply(encoder.apply(rows)).data),
  });
  return {
    probability: true,
    bytes: encoder.bytes + classifier.bytes,
    score: (rows) => probabilities(classifier.apply(encoder.apply(rows)).data),
  };
}
