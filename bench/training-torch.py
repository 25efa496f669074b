"""Training steps of the reference network in torch on one thread: a number of steps a line in, their seconds out."""

import os
import sys
import time

# Its BLAS counts threads on its own.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
# Nor does it know every machine: left alone, it was half as fast as with its AVX2 kernels, so it gets those.
os.environ.setdefault("OPENBLAS_CORETYPE", "Zen")

import torch
from torch import nn

torch.set_num_threads(1)
INPUTS, HIDDEN, BLOCKS, LATENT, ROWS = 77, 256, 3, 128, 256
gelu = nn.functional.gelu


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.fc1 = nn.LayerNorm(HIDDEN), nn.Linear(HIDDEN, HIDDEN)
        self.ln2, self.fc2 = nn.LayerNorm(HIDDEN), nn.Linear(HIDDEN, HIDDEN)

    def forward(self, h):
        return h + 0.5 * self.fc2(gelu(self.ln2(self.fc1(gelu(self.ln1(h))))))


class Gelu(nn.Module):
    def forward(self, h):
        return gelu(h)


net = nn.Sequential(
    nn.Linear(INPUTS, HIDDEN),
    Gelu(),
    *(Block() for _ in range(BLOCKS)),
    nn.Linear(HIDDEN, LATENT),
    nn.LayerNorm(LATENT),
    Gelu(),
    nn.Linear(LATENT, 2),
)
optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.01)
x = torch.rand(ROWS, INPUTS) * 4 - 2
targets = (torch.rand(ROWS) > 0.5).float()


def step():
    optimiser.zero_grad(set_to_none=False)
    logits = net(x)
    loss = nn.functional.binary_cross_entropy_with_logits(logits[:, 0] - logits[:, 1], targets)
    loss.backward()
    optimiser.step()


for _ in range(20):
    step()
print(torch.__version__, flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        step()
    print(time.perf_counter() - start, flush=True)
