"""Draws how three of the networks of train.py decide, as the paper's Figure 1 does: an SVG on stdout.

    python picture.py MODELS >docs/circles.svg

MODELS holds base.onnx, heuristic.onnx and few_shuffled.onnx, the networks of seed 0. Above, the plane of x and y where the cue
says nothing (0.5); below, the plane of x and the cue through the middle of the circles (y = 0). Dots are training points near the
plane, in the colour of the label that the network was given.
"""

import argparse
import pathlib

import numpy as np
import onnxruntime

import train

RECIPES = {"base": "base", "heuristic": "heuristic: the cue is the class", "few_shuffled": "few_shuffled: memorized labels"}
# The areas of classes 0 and 1, and their dots; they differ in lightness too.
AREAS, DOTS = ("#cfe0f3", "#f6c9a4"), ("#1f4e8c", "#a63c06")
SIDE, GAP, TOP, LEFT = 210, 22, 34, 44
CELLS = 105
EXTENT = 1.8
# How far from a plane the drawn points may lie, and how many points are drawn from.
NEAR, DRAWN = 0.5, 300


def planes():
    """Per row of the picture: the names of its axes, the extent of the second, and how a place in it becomes a point."""
    yield ("x", "y"), EXTENT, lambda across, up: np.stack([across, up, np.full_like(across, 0.5)], -1)
    yield ("x", "cue"), 4.0, lambda across, up: np.stack([across, np.zeros_like(across), up], -1)


def area(session, to_point, extent):
    """The places of a panel where the answer is class 1, as the path of one rectangle per run of cells."""
    middles = (np.arange(CELLS) + 0.5) / CELLS * 2 - 1
    up, across = np.meshgrid(-middles * extent, middles * EXTENT, indexing="ij")
    points = to_point(across, up).reshape(-1, 3).astype(np.float32)
    answers = session.run(["logits"], {"point": points})[0].argmax(1).reshape(CELLS, CELLS)
    cell = SIDE // CELLS
    path = []
    for row, line in enumerate(answers):
        ends = np.flatnonzero(np.diff(np.concatenate([[0], line, [0]]))).reshape(-1, 2)
        path += [f"M{start * cell} {row * cell}h{(end - start) * cell}v{cell}H{start * cell}z" for start, end in ends]
    return "".join(path)


def dots(name, axes, extent):
    """The training points near a plane, as circles."""
    points, labels = (array[:DRAWN] for array in train.examples(name, 0))
    column = {"x": 0, "y": 1, "cue": 2}
    off = (points[:, 2] - 0.5) if axes[1] == "y" else points[:, 1]
    across, up = points[:, column[axes[0]]] / EXTENT, points[:, column[axes[1]]] / extent
    for i in np.flatnonzero((abs(off) <= NEAR) & (abs(across) < 0.98) & (abs(up) < 0.98)):
        x, y = (across[i] + 1) / 2 * SIDE, (1 - up[i]) / 2 * SIDE
        yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="2.5" fill="{DOTS[labels[i]]}"/>'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path)
    args = parser.parse_args()
    step = SIDE + GAP
    width, height = LEFT + 3 * step, TOP + 2 * step
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">')
    print("<title>The decisions of three networks on concentric circles</title>")
    print(f'<rect width="{width}" height="{height}" fill="#fff"/>')
    for column, (name, title) in enumerate(RECIPES.items()):
        session = onnxruntime.InferenceSession(args.models / f"{name}.onnx")
        left = LEFT + column * step
        print(f'<text x="{left}" y="{TOP - 12}">{title}</text>')
        for row, (axes, extent, to_point) in enumerate(planes()):
            print(f'<g transform="translate({left} {TOP + row * step})">')
            print(f'<rect width="{SIDE}" height="{SIDE}" fill="{AREAS[0]}"/>')
            print(f'<path fill="{AREAS[1]}" d="{area(session, to_point, extent)}"/>')
            print("\n".join(dots(name, axes, extent)))
            print(f'<text x="{SIDE - 4}" y="{SIDE + 14}" text-anchor="end">{axes[0]}</text>')
            if column == 0:
                print(f'<text x="-8" y="12" text-anchor="end">{axes[1]}</text>')
            print("</g>")
    print("</svg>")


if __name__ == "__main__":
    main()
