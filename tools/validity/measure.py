"""Measures every trained network with `probe` under both estimators; writes one table per family.

    python measure.py OUT TABLES --probe PATH [--jobs N]

OUT is the folder that train.py filled. TABLES/FAMILY.csv has one line per network: family, recipe, seed, accuracies, then
`SCOPE_MEASURE`, where SCOPE is `overall` or a layer and MEASURE is entropy or mutual information (means, nats) under
`paper` and `robust`, or the effective rank, which does not depend on the estimator. `overall_MEASURE_error` is the standard
error over inputs (the half width of the 95 % interval over 1.96). What was measured is kept beside each network's
activations, and measured again where `probe` prints another version.
"""

import argparse
import concurrent.futures
import csv
import json
import pathlib
import subprocess

FACTS = ["family", "recipe", "seed", "epochs", "train_accuracy", "held_out_accuracy", "follows_mark"]
ESTIMATORS = ["paper", "robust"]


def columns(report, estimator):
    """The columns that one report of `probe measure` fills."""
    scopes = {"overall": report["overall"], **{layer["label"]: layer for layer in report["layers"]}}
    found = {}
    for scope, part in scopes.items():
        measures = {
            f"{estimator}_entropy": (part["entropy"], "mean"),
            f"{estimator}_mutual_information": (part["mutual_information"], "mean"),
            "effective_rank": (part["spectrum"], "effective_rank"),
        }
        for name, (figures, key) in measures.items():
            found[f"{scope}_{name}"] = f"{figures[key]:.5g}"
            if scope == "overall" and figures.get("interval95"):
                low, high = figures["interval95"]
                found[f"{scope}_{name}_error"] = f"{(high - low) / 2 / 1.96:.3g}"
    return found


def measured(facts_file, probe, version):
    """One network's line."""
    facts = json.loads(facts_file.read_text())
    kept = facts_file.with_suffix(".measured")
    if kept.exists():
        line = json.loads(kept.read_text())
        if line.get("version") == version:
            return line
    line = {"version": version, **{key: facts.get(key, "") for key in FACTS}}
    for estimator in ESTIMATORS:
        command = [probe, "measure", facts_file.with_suffix(".npz"), "--json", "-q", "--threads", "1", "--estimator", estimator]
        line |= columns(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout), estimator)
    kept.write_text(json.dumps(line))
    return line


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("tables", type=pathlib.Path)
    parser.add_argument("--probe", default="probe", help="the program (default: the one on the path)")
    parser.add_argument("--jobs", type=int, default=1, help="networks measured at the same time")
    args = parser.parse_args()
    version = subprocess.run([args.probe, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    args.tables.mkdir(parents=True, exist_ok=True)
    for folder in sorted(path for path in args.out.iterdir() if next(path.glob("*_s*.npz"), None)):
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            lines = list(pool.map(lambda file: measured(file, args.probe, version), sorted(folder.glob("*_s*.json"))))
        with open(args.tables / f"{folder.name}.csv", "w", newline="") as file:
            # Facts and overall figures first, then the layers; `version` is for this script alone.
            writer = csv.DictWriter(file, [key for key in lines[0] if key != "version"], extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
        print(f"{folder.name}: {len(lines)} networks", flush=True)


if __name__ == "__main__":
    main()
