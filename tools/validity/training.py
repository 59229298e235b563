"""What the families share: labels redrawn, one training loop, accuracies, and what a trained network leaves."""

import dataclasses

import numpy as np
import torch


@dataclasses.dataclass
class Trained:
    """A trained network's activations on the held-out inputs, and how well it does.

    activations: float32 [inputs, neurons] per layer, in the order of the layers.
    facts: accuracies (0..1) and the number of epochs.
    """

    activations: dict[str, np.ndarray]
    facts: dict


def redrawn(labels, share, classes, rng):
    """`labels` with a share of them drawn again, uniformly over all classes."""
    chosen = rng.random(len(labels)) < share
    return np.where(chosen, rng.integers(0, classes, len(labels)), labels)


def agreeing(labels, probability, classes, rng):
    """A mark per input: its label with this probability, and otherwise one drawn uniformly over all classes."""
    return np.where(rng.random(len(labels)) < probability, labels, rng.integers(0, classes, len(labels)))


def fit(model, logits, labels, rng, *, epochs, batch, rate, decay=True):
    """Trains with Adam on cross-entropy, without weight decay, so that nothing but the recipe holds memorization back.

    logits: maps row numbers to the model's logits for them. decay: the learning rate falls linearly to zero, after a
    warm-up over the first tenth of the steps.
    """
    labels = torch.as_tensor(labels)
    steps = epochs * -(-len(labels) // batch)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=rate)
    shape = (lambda s: min((s + 1) / (0.1 * steps), 1.0) * (1.0 - s / steps)) if decay else (lambda s: 1.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, shape)
    model.train()
    for _ in range(epochs):
        for rows in torch.as_tensor(rng.permutation(len(labels))).split(batch):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(logits(rows), labels[rows]).backward()
            optimizer.step()
            schedule.step()
    model.eval()


def predictions(logits, count, batch=250):
    """The predicted classes of the first `count` rows."""
    with torch.no_grad():
        rows = torch.arange(count).split(batch)
        return torch.cat([logits(r).argmax(1) for r in rows]).numpy()


def share(a, b):
    """The share of positions where both agree."""
    return round(float(np.mean(np.asarray(a) == np.asarray(b))), 4)
