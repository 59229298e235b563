"""What the calibrated rule says of the study's networks, with constants from the families that are not judged.

    python judge.py TABLES

Prints docs/validity.md's tables as Markdown from the tables that measure.py wrote: what every recipe does, how far seeds of
one recipe differ, the verdicts between equal recipes and over contrasts under the calibrated and the published rule, and
what more seeds per side bring. A family is judged with the typical variance of the others of its kind (transformer,
convolutional, chain), and of all others where it is the only one of its kind; how much that variance weighs beside seeds
that are given comes from the other families too.

The intervals over inputs are put together from those of the two networks as if these had been measured on different inputs,
which makes them a little wider than those of `probe compare`, which pairs them.
"""

import argparse
import collections
import csv
import itertools
import pathlib

import numpy as np
from scipy import optimize, special, stats

KIND = {"mlp": "chain", "cnn": "convolutional", "minilm": "transformer", "roberta": "transformer"}
MEASURES = ["robust_entropy", "robust_mutual_information", "effective_rank"]
PUBLISHED = ["paper_entropy", "paper_mutual_information"]
# Which side of zero each measure is on where the variant leans on a shortcut more than the baseline.
SHORTCUT = np.array([-1, 1, -1])
# The smallest mutual information that a difference is relative to, in nats.
LEAST = 0.01
NARROW = np.array([0.05, 0.25, 0.05])
VERDICTS = ["heuristic", "example-level", "mixed", "no difference", "not enough evidence"]
DRAWS = 50


class Recipe:
    """The networks of one recipe: values and errors over inputs, [networks, measures]."""

    def __init__(self, lines):
        def table(names):
            return np.array([[float(line[f"overall_{name}"]) for name in names] for line in lines])

        self.lines = lines
        self.values, self.errors = table(MEASURES), table([m + "_error" for m in MEASURES])
        self.published, self.published_errors = table(PUBLISHED), table([m + "_error" for m in PUBLISHED])

    def __len__(self):
        return len(self.values)


def scale(mean):
    return np.maximum(np.abs(mean), [0, LEAST, 0])


def typical(recipes):
    """The variance between seeds of one network, relative to its recipe's mean, one per measure, and its degrees of freedom.

    Pooled over recipes.
    """
    sums = sum(((r.values - r.values.mean(0)) ** 2).sum(0) / scale(r.values.mean(0)) ** 2 for r in recipes)
    degrees = sum(len(r) - 1 for r in recipes)
    return sums / degrees, degrees


def weight(families):
    """Degrees of freedom that the typical variance counts for beside the seeds given.

    The variances of the recipes of one kind are taken as drawn from a scaled inverse chi-squared distribution around the
    typical one; its degrees of freedom are fitted to how far their logarithms scatter, over all kinds and measures (Smyth,
    Statistical Applications in Genetics and Molecular Biology 3, 2004, section 6.2).
    """
    scatter, freedom, expected = 0, 0, []
    for kind in set(KIND.values()):
        recipes = [r for family, of_family in families.items() if KIND[family] == kind for r in of_family.values()]
        if len(recipes) < 2:
            continue
        half = np.array([(len(r) - 1) / 2 for r in recipes])
        variances = np.array([(r.values.std(0, ddof=1) / scale(r.values.mean(0))) ** 2 for r in recipes])
        logs = np.log(variances) + (np.log(half) - special.psi(half))[:, None]
        scatter += ((logs - logs.mean(0)) ** 2).sum()
        freedom += (len(recipes) - 1) * len(MEASURES)
        expected += [*special.polygamma(1, half)] * len(MEASURES)
    excess = scatter / freedom - np.mean(expected)
    return 2 * optimize.brentq(lambda half: special.polygamma(1, half) - excess, 1e-3, 1e3)


def named(sides):
    """The kind that the sides of the measures name, +1 for a shortcut; None where too few are clear."""
    if (sides > 0).any() and (sides < 0).any():
        return "mixed"
    if (sides > 0).sum() >= 2:
        return "heuristic"
    if (sides < 0).sum() >= 2:
        return "example-level"
    return None


def calibrated(variant, baseline, constants):
    """The verdict on (values, errors) of a variant's and a baseline's networks, as src/comparison has it: one network per
    side, or at least two."""
    (v, v_errors), (b, b_errors) = variant, baseline
    unit = scale((v.mean(0) + b.mean(0)) / 2)
    difference = (v.mean(0) - b.mean(0)) / unit
    # Variances and their degrees of freedom. All networks are measured on the same inputs, so that more of them do not make
    # the part over inputs smaller.
    parts = [(((v_errors**2).mean(0) + (b_errors**2).mean(0)) / unit**2, np.inf)]
    seed, freedom, weight_of_typical = constants
    if given := len(v) + len(b) - 2:
        squares = sum(((side - side.mean(0)) ** 2).sum(0) for side in (v, b)) / unit**2
        freedom = given + weight_of_typical
        seed = (squares + weight_of_typical * seed) / freedom
    parts.append((seed * (1 / len(v) + 1 / len(b)), freedom))
    variance = sum(part for part, _ in parts)
    degrees = variance**2 / sum(part**2 / freedom for part, freedom in parts)
    # The three intervals hold together at 95 % (Bonferroni); degrees by Satterthwaite's rule.
    half = stats.t.ppf(1 - 0.05 / (2 * len(MEASURES)), degrees) * np.sqrt(variance)
    sides = np.sign(difference) * (np.abs(difference) > half) * SHORTCUT
    if not sides.any():
        return "no difference" if (np.abs(difference) + half < NARROW).all() else "not enough evidence"
    return named(sides) or "not enough evidence"


def published(variant, baseline):
    """The paper's rule on one network per side: both intervals over inputs exclude zero, on opposite sides."""
    (v, v_errors), (b, b_errors) = variant, baseline
    difference, half = v.mean(0) - b.mean(0), stats.norm.ppf(1 - 0.05 / 4) * np.hypot(v_errors.mean(0), b_errors.mean(0))
    sides = np.sign(difference) * (np.abs(difference) > half) * SHORTCUT[:2]
    if not sides.any():
        return "no difference" if (np.abs(difference) + half < 0.05 * np.abs(b.mean(0))).all() else "not enough evidence"
    return named(sides) or "mixed"


def contrasts(family, recipes):
    """(variant, baseline, expected verdict)."""
    if family == "mlp":
        for kind, expected in (("colored", "heuristic"), ("shuffled", "example-level")):
            names = sorted((r for r in recipes if r.startswith(kind)), key=lambda r: float(r.split("_")[1]))
            yield from ((stronger, weaker, expected) for weaker, stronger in itertools.combinations(names, 2))
    else:
        for length in ("_short", "_long") if family == "cnn" else ("",):
            yield f"mark{length}", f"base{length}", "heuristic"
            yield f"shuffled{length}", f"base{length}", "example-level"


def one(recipe, i):
    return recipe.values[[i]], recipe.errors[[i]]


def one_published(recipe, i):
    return recipe.published[[i]], recipe.published_errors[[i]]


def equal_pairs(recipe, constants):
    pairs = list(itertools.combinations(range(len(recipe)), 2))
    return (
        collections.Counter(calibrated(one(recipe, i), one(recipe, j), constants) for i, j in pairs),
        collections.Counter(published(one_published(recipe, i), one_published(recipe, j)) for i, j in pairs),
    )


def all_pairs(variant, baseline, constants):
    pairs = list(itertools.product(range(len(variant)), range(len(baseline))))
    return (
        collections.Counter(calibrated(one(variant, i), one(baseline, j), constants) for i, j in pairs),
        collections.Counter(published(one_published(variant, i), one_published(baseline, j)) for i, j in pairs),
    )


def several(variant, baseline, count, constants, rng):
    """Verdicts on `count` networks per side, drawn; without overlap where both sides are one recipe."""
    found = collections.Counter()
    for _ in range(DRAWS):
        if variant is baseline:
            drawn = rng.permutation(len(variant))[: 2 * count]
            sides = drawn[:count], drawn[count:]
        else:
            sides = rng.permutation(len(variant))[:count], rng.permutation(len(baseline))[:count]
        (v, b) = ((r.values[rows], r.errors[rows]) for r, rows in zip((variant, baseline), sides))
        found[calibrated(v, b, constants)] += 1
    return found


def swept(families):
    """The families whose strength varies, as the paper's Table 2 has them."""
    for kind, name in (("colored", "MLPs, colour shortcut of strength 0 to 1"), ("shuffled", "MLPs, labels shuffled to 0 to 100 %")):
        yield name, [recipe for recipe_name, recipe in families.get("mlp", {}).items() if recipe_name.startswith(kind)]


def taus(recipes):
    """Kendall's tau-b of each measure with the held-out accuracy; the interval redraws the seeds, the same of every recipe."""
    values = np.array([np.hstack([r.values, r.published]) for r in recipes])
    accuracy = np.array([[float(line["held_out_accuracy"]) for line in r.lines] for r in recipes])
    rng, seeds = np.random.default_rng(0), accuracy.shape[1]
    draws = [rng.integers(0, seeds, seeds) for _ in range(1000)]
    for measure in range(values.shape[2]):
        of = lambda rows: stats.kendalltau(values[:, rows, measure].ravel(), accuracy[:, rows].ravel()).statistic
        yield of(np.arange(seeds)), *np.quantile([of(rows) for rows in draws], [0.025, 0.975])


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def header(*cells):
    row(*cells)
    row(*("---" for _ in cells))


def outcome(found, expected):
    """right, wrong (the other kind, or no difference), mixed, undecided, in percent."""
    total = sum(found.values())
    opposite = {"heuristic": "example-level", "example-level": "heuristic"}[expected]
    wrong = found[opposite] + found["no difference"]
    return [percent(n, total) for n in (found[expected], wrong, found["mixed"], found["not enough evidence"])]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", type=pathlib.Path)
    families = {}
    for path in sorted(parser.parse_args().tables.glob("*.csv")):
        by_recipe = collections.defaultdict(list)
        for line in csv.DictReader(path.open()):
            by_recipe[line["recipe"]].append(line)
        families[path.stem] = {name: Recipe(lines) for name, lines in by_recipe.items()}

    print("### Recipes: means over seeds, and the standard deviation between seeds in percent of the mean\n")
    header("family", "recipe", "networks", "training accuracy", "held-out accuracy", "follows the mark", "H robust", "I robust", "R", "H paper", "I paper")
    for family, recipes in families.items():
        for name, recipe in recipes.items():
            facts = [[float(line[f]) for line in recipe.lines if line[f]] for f in ("train_accuracy", "held_out_accuracy", "follows_mark")]
            values = np.hstack([recipe.values, recipe.published])
            deviation = 100 * values.std(0, ddof=1) / np.abs(values.mean(0))
            figures = [f"{m:.3g} ({d:.1f} %)" for m, d in zip(values.mean(0), deviation)]
            row(family, name, len(recipe), *(f"{np.mean(f):.3f}" if f else "-" for f in facts), *figures)

    constants = {}
    print("\n### Typical deviation between seeds, relative, by which each family is judged\n")
    header("judged", "constants from", "H", "I", "R", "weight beside seeds given")
    for family in families:
        others = [f for f in families if f != family and KIND[f] == KIND[family]] or [f for f in families if f != family]
        seed, freedom = typical([r for f in others for r in families[f].values()])
        constants[family] = seed, freedom, weight({f: recipes for f, recipes in families.items() if f != family})
        row(family, ", ".join(others), *(f"{100 * d:.1f} %" for d in np.sqrt(seed)), f"{constants[family][2]:.2f}")
    print(f"\nWeight of the typical variance from all families: {weight(families):.2f} degrees of freedom.")

    print("\n### Equal recipes, one network per side\n")
    header("family", "pairs", "rule", *VERDICTS)
    totals = [collections.Counter(), collections.Counter()]
    for family, recipes in families.items():
        found = [sum(parts, collections.Counter()) for parts in zip(*(equal_pairs(r, constants[family]) for r in recipes.values()))]
        for rule, counts, total in zip(("calibrated", "published"), found, totals):
            total.update(counts)
            row(family, sum(counts.values()), rule, *(percent(counts[v], sum(counts.values())) for v in VERDICTS))
    for rule, total in zip(("calibrated", "published"), totals):
        row("all", sum(total.values()), rule, *(percent(total[v], sum(total.values())) for v in VERDICTS))

    print("\n### Contrasts, one network per side: right / wrong / mixed / undecided\n")
    header("family", "variant", "baseline", "expected", "pairs", "calibrated", "published")
    sums = [collections.Counter(), collections.Counter()]
    for family, recipes in families.items():
        for variant, baseline, expected in contrasts(family, recipes):
            found = all_pairs(recipes[variant], recipes[baseline], constants[family])
            row(family, variant, baseline, expected, sum(found[0].values()), *(" / ".join(outcome(f, expected)) for f in found))
            for total, counts in zip(sums, found):
                # As if every contrast expected the same, so that they can be added.
                swap = {} if expected == "heuristic" else {"heuristic": "example-level", "example-level": "heuristic"}
                total.update({swap.get(v, v): n for v, n in counts.items()})
    row("all", "", "", "", sum(sums[0].values()), *(" / ".join(outcome(f, "heuristic")) for f in sums))

    print("\n### Trained longer, one network per side (not siblings: no verdict is expected)\n")
    header("variant", "baseline", *VERDICTS)
    recipes = families.get("cnn", {})
    for kind in ("base", "mark", "shuffled"):
        if f"{kind}_long" in recipes and f"{kind}_short" in recipes:
            counts, _ = all_pairs(recipes[f"{kind}_long"], recipes[f"{kind}_short"], constants["cnn"])
            row(f"{kind}_long", f"{kind}_short", *(percent(counts[v], sum(counts.values())) for v in VERDICTS))

    print("\n### Ranking by one measure and held-out accuracy: Kendall's tau over networks, 95 % interval over seeds\n")
    header("networks", "H robust", "I robust", "R", "H paper", "I paper")
    for name, recipes in swept(families):
        row(name, *(f"{t:+.2f} [{low:+.2f}, {high:+.2f}]" for t, low, high in taus(recipes)))

    print("\n### Seeds per side\n")
    header("seeds per side", "contrasts: right / wrong / mixed / undecided", "equal recipes: a kind named", "equal recipes: mixed", "equal recipes: no difference")
    for count in (1, 2, 3, 4, 6):
        rng, right, same = np.random.default_rng(0), collections.Counter(), collections.Counter()
        for family, recipes in families.items():
            for variant, baseline, expected in contrasts(family, recipes):
                if min(len(recipes[variant]), len(recipes[baseline])) < count:
                    continue
                swap = {} if expected == "heuristic" else {"heuristic": "example-level", "example-level": "heuristic"}
                counts = several(recipes[variant], recipes[baseline], count, constants[family], rng)
                right.update({swap.get(v, v): n for v, n in counts.items()})
            for recipe in recipes.values():
                if len(recipe) >= 2 * count:
                    same.update(several(recipe, recipe, count, constants[family], rng))
        total = sum(same.values())
        names = (same["heuristic"] + same["example-level"], same["mixed"], same["no difference"])
        row(count, " / ".join(outcome(right, "heuristic")), *(percent(n, total) for n in names))


if __name__ == "__main__":
    main()
