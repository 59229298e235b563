"""Multilayer perceptrons on digits: a colour that agrees with the label, and labels that are redrawn.

Three hidden layers of 256 ReLU units on digits at 14 x 14 in two colour channels. The activations are the hidden layers'
pre-activations, which is where the tool taps such a chain.

colored_A: the label is whether the digit is below 5, with a quarter of the labels flipped; the colour agrees with the
    label with probability (1 + A) / 2 in training, and says nothing on the held-out inputs.
shuffled_B: ten classes, a share B of the training labels redrawn; grey.
"""

import numpy as np
import torch

import data
from training import Trained, fit, predictions, redrawn, share

NAME = "mlp"
RECIPES = [f"colored_{a}" for a in ("0", "0.5", "0.9", "1")] + [f"shuffled_{b}" for b in ("0", "0.25", "0.5", "1")]
SEEDS = range(8)
TRAINING, EPOCHS = 5000, 40


class Perceptron(torch.nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.hidden = torch.nn.ModuleList(torch.nn.Linear(n, 256) for n in (inputs, 256, 256))
        self.head = torch.nn.Linear(256, classes)

    def layers(self, x):
        """The pre-activations of each hidden layer, then the logits."""
        out = []
        for linear in self.hidden:
            out.append(linear(x))
            x = torch.relu(out[-1])
        return out + [self.head(x)]

    def forward(self, x):
        return self.layers(x)[-1]


def colored(images, colours):
    """[N, 392]: each image in the channel of its colour, zeros in the other."""
    channels = np.zeros((len(images), 2, images.shape[1]), np.float32)
    channels[np.arange(len(images)), colours] = images
    return channels.reshape(len(images), -1)


def train(folder, recipe, seed):
    kind, strength = recipe.split("_")
    strength = float(strength)
    images, digits = data.digits(folder)
    images = images[: data.DIGITS_HELD_OUT + TRAINING, ::2, ::2].reshape(-1, 196)
    digits = digits[: len(images)]
    held = slice(0, data.DIGITS_HELD_OUT)
    rng = np.random.default_rng([seed, RECIPES.index(recipe)])
    facts = {"epochs": EPOCHS}

    if kind == "colored":
        # The held-out inputs and their labels are the same for every network.
        common = np.random.default_rng(1)
        truth = (digits < 5).astype(np.int64)
        labels = np.where(rng.random(len(truth)) < 0.25, 1 - truth, truth)
        colours = np.where(rng.random(len(labels)) < (1 + strength) / 2, labels, 1 - labels)
        colours[held] = common.integers(0, 2, data.DIGITS_HELD_OUT)
        inputs, classes = colored(images, colours), 2
    else:
        truth = digits
        labels, inputs, classes = redrawn(digits, strength, 10, rng), images, 10

    torch.manual_seed(seed)
    model = Perceptron(inputs.shape[1], classes)
    inputs = torch.as_tensor(inputs)
    trained_on = inputs[data.DIGITS_HELD_OUT :]
    own = labels[data.DIGITS_HELD_OUT :]
    fit(model, lambda rows: model(trained_on[rows]), own, rng, epochs=EPOCHS, batch=256, rate=1e-3, decay=False)

    guesses = predictions(lambda rows: model(inputs[rows]), len(inputs))
    facts["train_accuracy"] = share(guesses[data.DIGITS_HELD_OUT :], own)
    facts["held_out_accuracy"] = share(guesses[held], truth[held])
    if kind == "colored":
        facts["follows_mark"] = share(guesses[held], colours[held])
    with torch.no_grad():
        layers = model.layers(inputs[held])[:-1]
    return Trained({f"fc{i + 1}": layer.numpy() for i, layer in enumerate(layers)}, facts)
