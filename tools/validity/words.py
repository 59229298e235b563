"""What the two families of transformers share: texts with a word in front, their token ids, and the first token's states."""

import numpy as np
import torch
import transformers

import data
from training import Trained, agreeing, fit, redrawn, share

# The head that is new, which it would report per network, is meant to be.
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

# A word that says nothing about a text by itself.
MARKS = ["north", "south", "east", "west"]
RECIPES = ["base", "mark", "shuffled"]


def marked(texts, labels, recipe, rng):
    """Texts with a mark in front, the labels to train on, and the marks.

    base: the mark says nothing. mark: in training it is the label. shuffled: all training labels are redrawn. On the
    held-out texts, which come first and are the same for every network, the mark says nothing.
    """
    classes = int(labels.max()) + 1
    own = redrawn(labels, float(recipe == "shuffled"), classes, rng)
    marks = agreeing(own, float(recipe == "mark"), classes, rng)
    marks[: data.TEXTS_HELD_OUT] = np.random.default_rng(1).integers(0, classes, data.TEXTS_HELD_OUT)
    return [f"{MARKS[mark]}: {text}" for mark, text in zip(marks, texts)], own, marks


def train(model, ids, labels, own, marks, rng, *, epochs, batch, rate):
    """Trains `model` on the rows behind the held-out ones; ids: int64 [rows, longest], padded at the end."""
    held, padding = data.TEXTS_HELD_OUT, model.config.pad_token_id

    def run(rows, **options):
        some = ids[rows]
        mask = some != padding
        longest = int(mask.sum(1).max())
        return model(input_ids=some[:, :longest], attention_mask=mask[:, :longest].long(), **options)

    fit(model, lambda rows: run(rows + held).logits, own[held:], rng, epochs=epochs, batch=batch, rate=rate)

    logits, states = [], []
    with torch.no_grad():
        for rows in torch.arange(len(ids)).split(250):
            out = run(rows, output_hidden_states=True)
            logits.append(out.logits)
            # hidden_states[0] is the embeddings.
            states.append([state[:, 0] for state in out.hidden_states[1:]])
    guesses = torch.cat(logits).argmax(1).numpy()
    facts = {
        "epochs": epochs,
        "train_accuracy": share(guesses[held:], own[held:]),
        "held_out_accuracy": share(guesses[:held], labels[:held]),
        "follows_mark": share(guesses[:held], marks[:held]),
    }
    return Trained({f"layer{i}": torch.cat(layer)[:held].numpy() for i, layer in enumerate(zip(*states))}, facts)
