/** MTL-RED (Roy & Choi 2025): multi-task autoencoder and classifier, the latent kept free of what the label does not need. */
import { drawFor } from "../learn/draw.ts";
import { DomainDecoders } from "./domain-decoders.ts";
import { binaryCrossEntropy, probabilities } from "./losses.ts";
import type { EncodedSide, Fitted } from "./method.ts";
import { BATCH, Mlp } from "./mlp.ts";
import { mutualInformation } from "./renyi.ts";
import { constantScores, drawInto, families, seenAuc, train } from "./training.ts";
import { tunedClassifier } from "./tuned.ts";

const LATENT = 64;
/** Weight of reconstruction (λ_r) beside the classification loss: our choice. */
const RECONSTRUCTION = 0.5;
/** β, weight of the information term. */
const INFORMATION = [0.05, 0.5] as const;
/** Rows of each class over which the information term is estimated: its cost is their square. */
const ESTIMATED = 32;
const STEPS = 600;
const RATE = 1e-3;
const DRAW = 4314;

export const mtlRed = tunedClassifier<number>({
  name: "mtl-red",
  title: "MTL-RED",
  source:
    "Roy, Jin, Singhal, Cody, Choi: Improving novel anomaly detection with domain-invariant latent representations, 2025",
  group: "paper",
  settings: INFORMATION,
  prepare: (side) => (information) => fitMtlRed(side, information),
});

/**
 * L = BCE + λ_r·reconstruction in the own and in another domain + β·I₂(x; z), in one training. A step draws its normal
 * rows from one domain; anomalies take part in the first and the last term.
 */
function fitMtlRed(side: EncodedSide, information: number): Fitted {
  if (side.seen.length === 0) return constantScores(true);
  const { width } = side;
  const draw = drawFor(side.seed, DRAW);
  const half = BATCH / 2;
  const encoder = new Mlp({ sizes: [width, 128, LATENT], output: "gelu" }, draw);
  const head = new Mlp({ sizes: [LATENT, 1], inputGradient: true }, draw);
  const domains = side.normal.map((part) => part.train);
  const decoders = new DomainDecoders(domains, LATENT, half, draw);
  const anomalies = families(side);
  const x = new Float32Array(BATCH * width);
  const labels = new Uint8Array(BATCH).fill(1, half);
  const gradient = new Float32Array(BATCH);
  train({
    nets: [encoder, head, ...decoders.nets],
    steps: STEPS,
    rate: RATE,
    gradients: () => {
      const normals = x.subarray(0, half * width);
      const source = decoders.drawSource(normals, draw);
      drawInto(anomalies, half, draw, x, half);
      const z = encoder.forward(x, BATCH);
      binaryCrossEntropy(head.forward(z, BATCH), labels, gradient);
      const dz = head.backward(gradient);
      decoders.reconstruct(source, normals, z.subarray(0, half * LATENT), dz, RECONSTRUCTION, draw);
      // The rows around the middle of the batch: the last normal ones and the first anomalous ones.
      const from = half - ESTIMATED;
      const to = half + ESTIMATED;
      const [xs, zs, slopes] = [
        x.subarray(from * width, to * width),
        z.subarray(from * LATENT, to * LATENT),
        dz.subarray(from * LATENT, to * LATENT),
      ];
      mutualInformation(xs, zs, 2 * ESTIMATED, information, slopes);
      encoder.backward(dz);
    },
    value: seenAuc(side, (rows) => head.apply(encoder.apply(rows)).data),
  });
  return {
    probability: true,
    bytes: encoder.bytes + head.bytes,
    score: (rows) => probabilities(head.apply(encoder.apply(rows)).data),
  };
}
