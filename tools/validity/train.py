"""Trains the networks of the study and keeps what each does on the held-out inputs.

    python train.py OUT [FAMILY ...] [--data DIR]

Per network: OUT/FAMILY/RECIPE_sSEED.npz (one float32 array [inputs, neurons] per layer) and a .json beside it with the
accuracies. A network whose .json is there is skipped, so that an interrupted run continues where it was.
"""

import argparse
import importlib
import json
import os
import pathlib
import time

import numpy as np
import torch

FAMILIES = ["mlp", "cnn", "minilm", "roberta"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=", ".join(FAMILIES) + "; all by default")
    parser.add_argument("--data", type=pathlib.Path, help="where the downloads are kept (default: OUT/data)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for name in args.families or FAMILIES:
        family = importlib.import_module(name)
        folder = args.out / name
        folder.mkdir(parents=True, exist_ok=True)
        # Seed by seed, so that a run that is cut short has every recipe.
        for seed in family.SEEDS:
            for recipe in family.RECIPES:
                stem = folder / f"{recipe}_s{seed}"
                done = stem.with_name(stem.name + ".json")
                if done.exists():
                    continue
                start = time.time()
                trained = family.train(args.data or args.out / "data", recipe, seed)
                np.savez(stem.with_name(stem.name + ".npz"), **trained.activations)
                facts = {"family": name, "recipe": recipe, "seed": seed, **trained.facts, "seconds": round(time.time() - start)}
                part = done.with_suffix(".part")
                part.write_text(json.dumps(facts, indent=1) + "\n")
                os.replace(part, done)
                print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
