"""Small residual networks on digits: a frame whose colour is the label, labels that are redrawn, trained short and long.

Four stages of 16, 32, 64 and 128 channels, one residual block each. The activations are each stage's output averaged over
height and width.

base: the frame's colour says nothing. mark: in training the frame's colour is the label. shuffled: all training labels are
redrawn. Each `short` and `long`; the held-out inputs have frames of random colour.
"""

import numpy as np
import torch
from torch import nn

import data
from training import Trained, agreeing, fit, predictions, redrawn, share

NAME = "cnn"
EPOCHS = {"short": 6, "long": 18}
RECIPES = [f"{kind}_{length}" for kind in ("base", "mark", "shuffled") for length in EPOCHS]
SEEDS = range(8)
TRAINING = 1000
COLOURS = np.array(
    [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 0.5, 0], [0.5, 0, 1], [0, 0.5, 0.5], [0.7, 0.7, 0.7]],
    np.float32,
)


class Block(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after),
        )  # fmt: skip
        self.skip = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        return torch.relu(self.branch(x) + self.skip(x))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [16, 32, 64, 128]
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.stages = nn.ModuleList(Block(a, b, 1 + (i > 0)) for i, (a, b) in enumerate(zip([16] + widths, widths)))
        self.head = nn.Linear(128, 10)

    def layers(self, x):
        """Each stage's output averaged over height and width, then the logits."""
        out, x = [], self.stem(x)
        for stage in self.stages:
            x = stage(x)
            out.append(x.mean((2, 3)))
        return out + [self.head(out[-1])]

    def forward(self, x):
        return self.layers(x)[-1]


def framed(images, colours):
    """[N, 3, 28, 28]: grey digits with a frame two pixels wide."""
    out = np.repeat(images[:, None], 3, axis=1)
    frame = np.ones((28, 28), bool)
    frame[2:-2, 2:-2] = False
    out[:, :, frame] = COLOURS[colours][:, :, None]
    return out


def train(folder, recipe, seed):
    kind, length = recipe.split("_")
    images, digits = data.digits(folder)
    images, digits = (a[: data.DIGITS_HELD_OUT + TRAINING] for a in (images, digits))
    held = slice(0, data.DIGITS_HELD_OUT)
    rng = np.random.default_rng([seed, RECIPES.index(recipe)])
    labels = redrawn(digits, float(kind == "shuffled"), 10, rng)
    marks = agreeing(labels, float(kind == "mark"), 10, rng)
    # The held-out inputs are the same for every network.
    marks[held] = np.random.default_rng(1).integers(0, 10, data.DIGITS_HELD_OUT)

    torch.manual_seed(seed)
    model = Residual()
    inputs = torch.as_tensor(framed(images, marks))
    trained_on, own = inputs[data.DIGITS_HELD_OUT :], labels[data.DIGITS_HELD_OUT :]
    fit(model, lambda rows: model(trained_on[rows]), own, rng, epochs=EPOCHS[length], batch=25, rate=2e-3)

    guesses = predictions(lambda rows: model(inputs[rows]), len(inputs))
    facts = {
        "epochs": EPOCHS[length],
        "train_accuracy": share(guesses[data.DIGITS_HELD_OUT :], own),
        "held_out_accuracy": share(guesses[held], digits[held]),
        "follows_mark": share(guesses[held], marks[held]),
    }
    with torch.no_grad():
        parts = [model.layers(rows)[:-1] for rows in inputs[held].split(250)]
    return Trained({f"stage{i + 1}": torch.cat(layer).numpy() for i, layer in enumerate(zip(*parts))}, facts)
