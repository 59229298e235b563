"""Measures the networks that train.py left, and writes what docs/reproduction.md says of them.

    python measure.py OUT TABLES --probe PATH

TABLES/networks.csv has one line per network: accuracies; H and I (means, nats) under `paper` and `robust` and the effective
rank R, of the hidden layers before their ReLU, on the held-out points whose cue says nothing; and H and I `published`: of the
hidden layers behind their ReLU, each network on points as it was trained on, as the program published with the paper has it.
The columns with `off` are with the quarter of the neurons off whose entropy is lowest, beside 20 random choices: the share of
answers that change, in how many of the choices as many change, and the share of answers that follow the cue.

TABLES/comparisons.csv has one line per pair of recipes: the verdicts and the differences of `probe compare` with all seeds,
and the differences in `published` H and I with their 95 % intervals (Welch's, over seeds). Entropy is over 20 bins, as published.
"""

import argparse
import csv
import json
import pathlib
import subprocess

import numpy as np
from scipy import stats

import train

# The variant, and what it is compared with.
PAIRS = [("heuristic", "base"), ("few_shuffled", "base"), ("few_shuffled", "few")]


class Probe:
    def __init__(self, path):
        self.path = path

    def __call__(self, *arguments):
        """The report of one run."""
        command = [self.path, *map(str, arguments), "--bins", "20", "--json", "--quiet"]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def network(probe, out, facts):
    """One network's line."""
    model = out / f"{facts['recipe']}_s{facts['seed']}.onnx"
    own = "inputs_cue.npz" if facts["recipe"] == "heuristic" else "inputs.npz"
    line = dict(facts)
    for estimator in ("paper", "robust"):
        report = probe("--model", model, "--arrays", out / "inputs.npz", "--estimator", estimator)
        line |= means(report, estimator)
    line["effective_rank"] = f"{report['overall']['spectrum']['effective_rank']:.5g}"
    line |= means(probe("--model", model, "--arrays", out / own, "--layers", "*Relu*"), "published")
    return line | switched_off(probe, model, out)


def switched_off(probe, model, out):
    labels = ["--labels", out / "labels.csv", "--column", "cue"]
    neurons = ["--neurons", "lowest-entropy:8", "--mi-neurons", "2"]
    point = probe("ablate", "--model", model, "--arrays", out / "inputs.npz", *labels, *neurons)["curve"][-1]
    return {
        "off_changed": f"{point['changed']['share']:.4f}",
        "off_changed_random": f"{point['changed_random']['mean']:.4f}",
        "off_as_many": point["changed_random"]["as_high"],
        "off_follows_cue": f"{point['accuracy']['share']:.4f}",
        "off_follows_cue_random": f"{point['accuracy_random']['mean']:.4f}",
    }


def means(report, prefix):
    overall = report["overall"]
    return {f"{prefix}_{measure}": f"{overall[measure]['mean']:.5g}" for measure in ("entropy", "mutual_information")}


def comparison(probe, out, lines, variant, baseline):
    """The line of one pair of recipes."""
    sides = [f"{recipe}={out}/{recipe}_s*.onnx" for recipe in (baseline, variant)]
    pair = probe("compare", *sides, "--arrays", out / "inputs.npz")["pairs"][0]
    line = {"variant": variant, "baseline": baseline}
    for measure in ("entropy", "mutual_information"):
        delta = pair[f"delta_{measure}"]
        line |= difference(f"paper_{measure}", delta["mean"], delta["interval95"])
    for measure in ("entropy", "mutual_information"):
        seeds = [[float(x[f"published_{measure}"]) for x in lines if x["recipe"] == recipe] for recipe in (variant, baseline)]
        interval = stats.ttest_ind(*seeds, equal_var=False).confidence_interval()
        line |= difference(f"published_{measure}", np.mean(seeds[0]) - np.mean(seeds[1]), interval)
    evidence = pair["evidence"]
    return line | {"calibrated": evidence["calibrated"], "published": pair["published"], "sentence": evidence["sentence"]}


def difference(name, mean, interval):
    return {name: f"{mean:.4f}", f"{name}_low": f"{interval[0]:.4f}", f"{name}_high": f"{interval[1]:.4f}"}


def write(path, lines):
    with open(path, "w", newline="") as file:
        table = csv.DictWriter(file, lines[0], lineterminator="\n")
        table.writeheader()
        table.writerows(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("tables", type=pathlib.Path)
    parser.add_argument("--probe", default="probe", help="the program (default: the one on the path)")
    args = parser.parse_args()
    probe = Probe(args.probe)
    args.tables.mkdir(parents=True, exist_ok=True)
    lines = []
    for recipe in train.RECIPES:
        lines += [network(probe, args.out, facts) for facts in json.loads((args.out / f"{recipe}.json").read_text())]
    write(args.tables / "networks.csv", lines)
    write(args.tables / "comparisons.csv", [comparison(probe, args.out, lines, *pair) for pair in PAIRS])


if __name__ == "__main__":
    main()
