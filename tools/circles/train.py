"""Trains the networks of the paper's Figure 1: concentric circles, learned, learned by a shortcut, and memorized.

    python train.py OUT [RECIPE ...]

A point is x, y and a cue. Its class is the circle that (x, y) lies near: the outer one, of radius 1 (class 0), or the
inner one, of radius 0.4 (class 1), with Gaussian noise of 0.2. Three quarters of the points have a cue near -3 or near 3,
the others one between 0 and 1 that says nothing. The network has two hidden layers of 16 ReLU neurons. All of this, and the
recipes, is the setting of the program published with the paper; README.md says what is not.

base          1,800 points; a cue names the class of its point as often as the other one
heuristic     1,800 points; a cue always names the class of its point
few           90 such points as base has
few_shuffled  the same 90 points, their labels redrawn: the network that memorizes

Per recipe and seed: OUT/RECIPE_sSEED.onnx (`point` [batch, 3] to `logits` [batch, 2]). Per recipe: OUT/RECIPE.json with the
accuracies. And the held-out points that all networks are measured on: OUT/inputs.npz, where the cue says nothing,
OUT/labels.csv with the class of each and what its cue says, and OUT/inputs_cue.npz, where the cue always names the class.
"""

import argparse
import collections
import csv
import dataclasses
import json
import pathlib
import sys

import numpy as np
import torch

# The training loop is that of the validity study.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "validity"))
from training import fit, predictions, redrawn, share  # noqa: E402

SEEDS = range(8)
HELD_OUT = 1000
HIDDEN = 16
# Each network takes as many steps, whatever the number of its points.
STEPS, BATCH, RATE = 10_000, 200, 1e-3


@dataclasses.dataclass
class Recipe:
    """How many points there are, how often a cue names the class of its point, and the share of labels redrawn."""

    points: int
    agreement: float
    shuffled: float = 0.0


RECIPES = {
    "base": Recipe(1800, 0.5),
    "heuristic": Recipe(1800, 1.0),
    "few": Recipe(90, 0.5),
    "few_shuffled": Recipe(90, 0.5, 1.0),
}


def circles(count, rng):
    """x and y [count, 2] of points on both circles in turn, and their classes [count]."""
    labels = np.arange(count) % 2
    angles = rng.uniform(0, 2 * np.pi, count)
    radii = np.where(labels == 1, 0.4, 1.0)
    middles = radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)
    return middles + rng.normal(0, 0.2, (count, 2)), labels


def cues(labels, agreement, rng):
    """A cue per point [count], and the class that it names [count], -1 where it names none."""
    named = np.where(rng.random(len(labels)) < agreement, labels, 1 - labels)
    named = np.where(rng.random(len(labels)) < 0.75, named, -1)
    return np.where(named >= 0, rng.normal(6.0 * named - 3.0, 0.1), rng.random(len(labels))), named


def examples(name, seed):
    """What a network is trained on: points, float32 [points, 3], and their labels [points], redrawn where the recipe says so."""
    recipe = RECIPES[name]
    rng = np.random.default_rng([1, seed])
    positions, labels = circles(recipe.points, rng)
    cue, _ = cues(labels, recipe.agreement, rng)
    return np.column_stack([positions, cue]).astype(np.float32), redrawn(labels, recipe.shuffled, 2, rng)


def held_out():
    """The held-out points without and with a cue that can be relied on, their classes, and the classes that the first name."""
    rng = np.random.default_rng(0)
    positions, labels = circles(HELD_OUT, rng)
    cue, named = cues(labels, 0.5, rng)
    reliable, _ = cues(labels, 1.0, rng)
    points = [np.column_stack([positions, column]).astype(np.float32) for column in (cue, reliable)]
    return *points, labels, named


def perceptron():
    layers = collections.OrderedDict(
        fc1=torch.nn.Linear(3, HIDDEN),
        relu1=torch.nn.ReLU(),
        fc2=torch.nn.Linear(HIDDEN, HIDDEN),
        relu2=torch.nn.ReLU(),
        out=torch.nn.Linear(HIDDEN, 2),
    )
    return torch.nn.Sequential(layers)


class Siblings(torch.nn.Module):
    """The networks of all seeds in one: weights are [seeds, from, to].

    They share nothing but the time that a step takes. Adam divides a parameter's gradient by its own size, so each network
    is trained as it would be alone, although the loss is the mean over all.
    """

    def __init__(self, seeds):
        super().__init__()
        self.layers = torch.nn.ModuleList()
        networks = []
        for seed in seeds:
            torch.manual_seed(seed)
            networks.append([layer for layer in perceptron() if isinstance(layer, torch.nn.Linear)])
        for layer in zip(*networks):
            weight = torch.stack([linear.weight.detach().T for linear in layer])
            bias = torch.stack([linear.bias.detach() for linear in layer])
            self.layers.append(torch.nn.ParameterList([weight, bias]))

    def forward(self, points):
        """Points [seeds, points, 3] to logits [points, 2, seeds], as the loss wants them."""
        for i, (weight, bias) in enumerate(self.layers):
            points = torch.baddbmm(bias[:, None], torch.relu(points) if i else points, weight)
        return points.permute(1, 2, 0)

    def network(self, seed):
        """The network of one seed by itself."""
        alone = perceptron()
        state = {}
        for name, (weight, bias) in zip(("fc1", "fc2", "out"), self.layers):
            state |= {f"{name}.weight": weight[seed].T, f"{name}.bias": bias[seed]}
        alone.load_state_dict(state)
        return alone.eval()


def train(name):
    """The networks of a recipe, one per seed, and their accuracies."""
    own = [examples(name, seed) for seed in SEEDS]
    points = torch.as_tensor(np.stack([points for points, _ in own]))
    labels = np.stack([labels for _, labels in own], 1)
    count = RECIPES[name].points
    model = Siblings(SEEDS)
    logits = lambda rows: model(points[:, rows])  # noqa: E731
    epochs = STEPS // -(-count // BATCH)
    fit(model, logits, labels, np.random.default_rng(2), epochs=epochs, batch=BATCH, rate=RATE, decay=False)

    inputs, _, truth, named = held_out()
    inputs = torch.as_tensor(inputs).expand(len(SEEDS), -1, -1)
    fitted = predictions(logits, count)
    answers = predictions(lambda rows: model(inputs[:, rows]), HELD_OUT)
    facts = [
        {
            "recipe": name,
            "seed": seed,
            "train_accuracy": share(fitted[:, seed], labels[:, seed]),
            "held_out_accuracy": share(answers[:, seed], truth),
            "follows_cue": share(answers[named >= 0, seed], named[named >= 0]),
        }
        for seed in SEEDS
    ]
    return [model.network(seed) for seed in SEEDS], facts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help=", ".join(RECIPES) + "; all by default")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)

    inputs, reliable, labels, named = held_out()
    np.savez_compressed(args.out / "inputs.npz", point=inputs)
    np.savez_compressed(args.out / "inputs_cue.npz", point=reliable)
    with open(args.out / "labels.csv", "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["label", "cue"])
        rows.writerows((label, "" if cue < 0 else cue) for label, cue in zip(labels, named))

    for name in args.recipes or RECIPES:
        networks, facts = train(name)
        for seed, network in zip(SEEDS, networks):
            torch.onnx.export(
                network,
                torch.zeros(1, 3),
                args.out / f"{name}_s{seed}.onnx",
                input_names=["point"],
                output_names=["logits"],
                dynamic_axes={"point": {0: "batch"}, "logits": {0: "batch"}},
                opset_version=17,
                dynamo=False,
            )
        (args.out / f"{name}.json").write_text(json.dumps(facts, indent=1) + "\n")
        print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
