"""What saving activations as float16 costs: the table of docs/cluster.md.

    python tools/half_precision.py [--probe PATH] [--models FOLDER]

Runs each model once, saves its activations, rounds them as `--save-activations f16` does, and measures both files under both
estimators. Printed is the largest change of a layer's mean H (nats), mean I (nats) and R (relative), next to the half widths of the
95 % intervals over inputs.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
REVIEWS = ["--texts", REPOSITORY / "fixtures/reviews.txt"]
OBJECTS = ["--images", REPOSITORY / "fixtures/objects"]
RUNS = [
    ("reviews/base.onnx", REVIEWS),
    ("reviews/heuristic.onnx", REVIEWS),
    ("reviews/shuffled100.onnx", REVIEWS),
    ("objects/base.onnx", OBJECTS),
    ("objects/heuristic.onnx", OBJECTS),
    ("digits-mlp/colored_a0.00_s0.onnx", ["--arrays", REPOSITORY / "fixtures/digits_colored.npz"]),
    ("digits-mlp/shuffled_b1.00_s0.onnx", ["--arrays", REPOSITORY / "fixtures/digits_shuffled.npz"]),
]


def report(probe: Path, *words) -> dict:
    output = subprocess.run([probe, *map(str, words), "--json", "-q"], check=True, capture_output=True)
    return json.loads(output.stdout)


def figures(of: dict) -> tuple[list[float], list[float]]:
    """H, I and R of a layer, and half the widths of their intervals; R and its width are relative."""
    rank = of["spectrum"]["effective_rank"]
    intervals = [of["entropy"]["interval95"], of["mutual_information"]["interval95"], of["spectrum"]["interval95"]]
    widths = [(high - low) / 2 for low, high in intervals]
    return [of["entropy"]["mean"], of["mutual_information"]["mean"], rank], widths[:2] + [widths[2] / rank]


def row(probe: Path, single: Path, half: Path, estimator: str) -> list[tuple[float, float]]:
    """Of H, I and R the largest change over layers, with half the interval's width of the layer where that is."""
    before, after = (report(probe, "measure", path, "--estimator", estimator)["layers"] for path in (single, half))
    found = []
    for measure in range(3):
        changes = []
        for one, other in zip(before, after, strict=True):
            (values, widths), (changed, _) = figures(one), figures(other)
            change = abs(changed[measure] - values[measure]) / (values[measure] if measure == 2 else 1)
            changes.append((change, widths[measure]))
        found.append(max(changes))
    return found


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--probe", type=Path, default=REPOSITORY / "target/release/probe")
    arguments.add_argument("--models", type=Path, default=REPOSITORY / "models")
    arguments = arguments.parse_args()
    print("| model | estimator | H | I | R | tied neurons | size |")
    print("|---|---|---|---|---|---|---|")
    for name, inputs in RUNS:
        with tempfile.TemporaryDirectory() as folder:
            run, half = Path(folder) / "run", Path(folder) / "half.npz"
            report(arguments.probe, "--model", arguments.models / name, *inputs, "-o", run, "--save-activations")
            single = run / "activations.npz"
            with np.load(single) as layers:
                np.savez(half, **{label: values.astype(np.float16) for label, values in layers.items()})
            tied = [sum(layer["health"]["tied"] for layer in report(arguments.probe, "measure", path)["layers"])
                    for path in (single, half)]
            size = f"{half.stat().st_size / single.stat().st_size:.2f}"
            for estimator in ("paper", "robust"):
                cells = [f"{change:.1e} of {width:.1e}" for change, width in row(arguments.probe, single, half, estimator)]
                print("|", " | ".join([name, estimator, *cells, f"{tied[0]} to {tied[1]}", size]), "|", flush=True)


if __name__ == "__main__":
    main()
