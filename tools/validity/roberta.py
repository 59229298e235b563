"""A small RoBERTa (4 layers of 128) from random weights, on which of four sources a short text is from; see words.py.

Its vocabulary is a byte-level BPE of 4,000 entries, made from the same texts. The activations are the first token of each
encoder layer.
"""

import functools

import numpy as np
import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import RobertaConfig, RobertaForSequenceClassification

import data
import words

NAME = "roberta"
RECIPES = words.RECIPES
SEEDS = range(6)
TRAINING, EPOCHS = 800, 8
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]


@functools.cache
def tokenizer(folder):
    bpe = ByteLevelBPETokenizer()
    texts, _ = data.sources(folder, 8000)
    bpe.train_from_iterator(texts + words.MARKS * 100, vocab_size=4000, special_tokens=SPECIAL, show_progress=False)
    bpe.enable_truncation(62)
    return bpe


def train(folder, recipe, seed):
    rng = np.random.default_rng([seed, RECIPES.index(recipe)])
    texts, labels = data.sources(folder, TRAINING)
    texts, own, marks = words.marked(texts, labels, recipe, rng)
    rows = [[0, *encoding.ids, 2] for encoding in tokenizer(folder).encode_batch(texts)]
    ids = torch.ones(len(rows), max(map(len, rows)), dtype=torch.int64)
    for row, values in zip(ids, rows):
        row[: len(values)] = torch.tensor(values)
    torch.manual_seed(seed)
    model = RobertaForSequenceClassification(
        RobertaConfig(
            vocab_size=4000, hidden_size=128, num_hidden_layers=4, num_attention_heads=4, intermediate_size=512,
            max_position_embeddings=66, type_vocab_size=1, num_labels=4, bos_token_id=0, pad_token_id=1, eos_token_id=2,
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        )
    )  # fmt: skip
    return words.train(model, ids, labels, own, marks, rng, epochs=EPOCHS, batch=16, rate=5e-4)
