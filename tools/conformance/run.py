#!/usr/bin/env python3
"""Runs probe over the backend test models of the onnx package, and checks what it captures and what it says.

    python3 -m venv VENV && VENV/bin/pip install -r tools/conformance/requirements.txt
    VENV/bin/python tools/conformance/run.py target/release/probe [--only PREFIX] [--every N]

For every model that has its test data: `probe layers`, and a run with `--layers '*'` over a batch of inputs. A model of one
op has no batch of its own, so the rows of its first data set are repeated and shuffled to about 16 rows, a
multiple of the number that the file fixes; other models are run with the inputs as they are.

- What is captured is compared with an onnxruntime session of the same file without optimisation: each array of
  activations.npz has to be the pooled tensor that report.json names. Where an op mixes the rows of a batch, the session
  gets the batches that probe says it used: single rows, or as many as the file fixes. A tensor of integers is turned into
  what it stands for with the scale and the zero point of the node that quantised it. Where a model computes in half
  precision, the two may differ by its rounding, which ONNX Runtime leaves out where it optimises.
- Every refusal is checked against a second, simple reading of the graph (protobuf, below): a message that says that there
  are no weights, no floats, one axis, a sequence, an old operator set, is true or it is counted as false.

Prints a line per finding and the counts; the exit code is 0 if nothing crashed and no message was false.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

FLOATS = {onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16}
WEIGHTED = {"Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv", "Gemm", "MatMul", "MatMulInteger",
            "QLinearMatMul", "Einsum", "LSTM", "GRU", "RNN"}
ROWS = 16


def models(folder, only):
    """The models that the package holds, and those that it makes: one or several per operator."""
    from onnx.backend.test.case.node import collect_testcases

    for case in collect_testcases(None):
        home = folder / case.name
        if case.model is not None and case.name.startswith(only) and not home.exists():
            write(case, home)
    held = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data"
    found = [*folder.glob("*/model.onnx"), *held.glob("*/*/model.onnx")]
    return sorted((path for path in found if path.parent.name.startswith(only)), key=lambda path: path.parent.name)


def write(case, home):
    data = home / "test_data_set_0"
    data.mkdir(parents=True)
    onnx.save(case.model, home / "model.onnx")
    for i, value in enumerate(case.data_sets[0][0]):
        if isinstance(value, onnx.TensorProto):
            (data / f"input_{i}.pb").write_bytes(value.SerializeToString())
        elif isinstance(value, np.ndarray):
            (data / f"input_{i}.pb").write_bytes(numpy_helper.from_array(value).SerializeToString())


def data(path):
    """The first data set's inputs by name; None where one is not a tensor."""
    model = onnx.load(path)
    stored = {i.name for i in model.graph.initializer}
    names = [i.name for i in model.graph.input if i.name not in stored]
    values = {}
    for i, name in enumerate(names):
        file = path.parent / "test_data_set_0" / f"input_{i}.pb"
        if not file.exists():
            return None
        tensor = onnx.TensorProto()
        try:
            tensor.ParseFromString(file.read_bytes())
            values[name] = numpy_helper.to_array(tensor)
        except Exception:
            return None
        if values[name].dtype.kind not in "fiub" or values[name].dtype.itemsize < 1:
            return None
    return values


class Reading:
    """What the graph itself says, by plain protobuf and onnx's own shape inference."""

    def __init__(self, path):
        self.model = onnx.load(path)
        try:
            self.model = onnx.shape_inference.infer_shapes(self.model)
        except Exception:
            pass
        graph = self.model.graph
        self.nodes = list(graph.node)
        self.opset = max([o.version for o in self.model.opset_import if o.domain in ("", "ai.onnx")], default=1)
        self.types = {v.name: v.type for v in [*graph.value_info, *graph.output, *graph.input]}
        self.constant = {i.name for i in graph.initializer} | {i.values.name for i in graph.sparse_initializer}
        for node in self.nodes:
            if node.op_type == "Constant" or node.input and all(n in self.constant for n in node.input if n):
                self.constant |= set(node.output)
        self.outputs = [o for node in self.nodes for o in node.output if o]

    def weighted(self):
        def weights(node):
            places = [1, 2] if node.op_type in ("LSTM", "GRU", "RNN") else [0, 3] if "QLinear" in node.op_type else [0, 1]
            given = [node.input[p] for p in places if p < len(node.input)]
            return any(n in self.constant for n in given) and any(n and n not in self.constant for n in node.input)

        return [n for n in self.nodes if n.op_type in WEIGHTED and weights(n)]

    def inner(self):
        return {n.op_type: [i.op_type for a in n.attribute for g in [a.g, *a.graphs] for i in g.node] for n in self.nodes}

    def is_float(self, name):
        kind = self.types.get(name)
        return kind is None or not kind.HasField("tensor_type") or kind.tensor_type.elem_type in FLOATS | {0}

    def rank(self, name):
        kind = self.types.get(name)
        if kind is None or not kind.HasField("tensor_type") or not kind.tensor_type.HasField("shape"):
            return None
        return len(kind.tensor_type.shape.dim)


def is_false(message, path):
    """Why a refusal is not true of the graph, or None. Messages without a claim on the graph are not judged."""
    graph = Reading(path)
    if "none of its" in message and "multiplies by weights" in message:
        if graph.weighted():
            return f"{graph.weighted()[0].op_type} does"
        if f"none of its {len(graph.nodes)} nodes" not in message:
            return f"it has {len(graph.nodes)} nodes"
    if "only product with weights" in message and len(graph.weighted()) != 1:
        return f"it has {len(graph.weighted())}"
    if match := re.search(r"between its (\d+) nodes with weights", message):
        if len(graph.weighted()) != int(match[1]):
            return f"it has {len(graph.weighted())}"
    if match := re.search(r"lies inside the node .*\((\w+)\), and", message):
        if not WEIGHTED & set(graph.inner().get(match[1], [])):
            return "no weighted op is in there"
    if "computes no floating-point tensors" in message:
        known = [o for o in graph.outputs if o in graph.types and graph.types[o].HasField("tensor_type") and graph.is_float(o)]
        if known:
            return f"{known[0]} is one"
    if match := re.search(r"the tensor '(.*)' cannot be measured: (.*)", message):
        name, why = match[1], match[2]
        rank = graph.rank(name)
        if "its rank does not follow" in why and rank is not None:
            return f"its rank is {rank}"
        if "one axis" in why and rank not in (1, None) or "single number" in why and rank not in (0, None):
            return f"its rank is {rank}"
        if (m := re.search(r"it has (\d+) axes", why)) and rank not in (int(m[1]), None):
            return f"its rank is {rank}"
        if "holds" in why and graph.types.get(name) is not None and graph.types[name].HasField("tensor_type") and graph.is_float(name):
            return "it holds floats"
        if "sequence" in why and not any("Sequence" in n.op_type for n in graph.nodes):
            return "there is no sequence"
    if "custom operators" in message and all(n.domain in ("", "ai.onnx", "ai.onnx.ml", "ai.onnx.preview.training") for n in graph.nodes):
        return "all ops are ONNX's own"
    if "as operator set" in message:
        try:
            onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            return "onnxruntime loads it"
        except Exception:
            pass
    if "nearest names are" in message and message.rstrip().endswith("are"):
        return "names nothing"
    if "file is whole" in message or "is damaged" in message or "cut short" in message:
        return "onnx reads the file"
    if re.search(r"::|\bOption<|\bVec<|\bunwrap\b|panicked|\.cc:\d|\.h:\d", message):
        return "it shows code"
    return None


# Where the ops that quantise have the scale of their result; the zero point comes next.
SCALES = {"QuantizeLinear": 1, "QLinearConv": 6, "QLinearMatMul": 6}


def quantised(graph, tensor):
    """The names of the scale and the zero point of a tensor, if an op quantised it; the zero point may be None."""
    node = next((n for n in graph.node if tensor in n.output), None)
    if node is not None and node.op_type == "DynamicQuantizeLinear":
        return list(node.output[1:3])
    at = SCALES.get(node.op_type) if node is not None else None
    return at and [node.input[at], node.input[at + 1] if len(node.input) > at + 1 and node.input[at + 1] else None]


def plain(path, feeds, names, rows, size, fixed):
    """The tensors of a plain session, for each name, over batches of `size` rows (all rows at once if that is None), each
    filled up with its own rows to the number that the file fixes."""
    model = onnx.load(path)
    scales = {name: quantised(model.graph, name) for name in names}
    have = {o.name for o in model.graph.output}
    wanted = list(names)
    for name in names:
        if name not in have:
            model.graph.output.append(onnx.ValueInfoProto(name=name))
        for part in filter(None, scales[name] or []):
            wanted.append(f"probe-conformance:{part}")
            if wanted.count(wanted[-1]) == 1:
                model.graph.node.append(onnx.helper.make_node("Identity", [part], [wanted[-1]]))
                model.graph.output.append(onnx.ValueInfoProto(name=wanted[-1]))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    batches = []
    for start in range(0, rows, size or rows):
        def rows_of(v):
            taken = v[start : start + (size or rows)]
            return np.resize(taken, (fixed, *v.shape[1:])) if fixed else taken

        part = {n: rows_of(v) if v.ndim and v.shape[0] == rows else v for n, v in feeds.items()}
        batches.append(dict(zip(wanted, session.run(wanted, part))))
    for batch in batches:
        for name, parts in scales.items():
            if parts and not np.issubdtype(batch[name].dtype, np.floating):
                scale, zero = (batch[f"probe-conformance:{part}"].astype(np.float64) if part else 0 for part in parts)
                batch[name] = (batch[name].astype(np.float64) - zero) * scale
    return {name: [batch[name] for batch in batches] for name in names}


def is_half(path):
    """Whether the model computes in half precision anywhere."""
    graph = onnx.load(path).graph
    cast = (a.i for n in graph.node if n.op_type == "Cast" for a in n.attribute if a.name == "to")
    typed = (i.type.tensor_type.elem_type for i in [*graph.input, *graph.value_info, *graph.output])
    return bool({onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16} & {*cast, *typed, *(i.data_type for i in graph.initializer)})


def pooled(value, how, neurons):
    """Every way in which `how` may pool the tensor to [inputs, neurons]: which axis is which is what is being tested, so each
    is tried, and one has to give the captured array."""
    value = value.astype(np.float64)
    reduce = {"mean": np.mean, "max": np.max}.get(how)
    for batch in range(value.ndim):
        for axes in range(1 << value.ndim):
            kept = [a for a in range(value.ndim) if axes >> a & 1 and a != batch]
            others = tuple(a for a in range(value.ndim) if a != batch and a not in kept)
            if int(np.prod([value.shape[a] for a in kept])) != neurons or not kept or not value.shape[batch]:
                continue
            if others and how in ("first", "last"):
                taken = value
                for a in sorted(others, reverse=True):
                    taken = np.take(taken, 0 if how == "first" else -1, a)
            elif others and reduce:
                taken = reduce(value, axis=others)
            elif others:
                continue
            else:
                taken = value
            left = [a for a in range(value.ndim) if a == batch or a in kept]
            yield np.moveaxis(taken, left.index(batch), 0).reshape(value.shape[batch], neurons)


def fixed_rows(path):
    """The rows of a batch, where the file fixes them for an input; else None."""
    shapes = [i.type.tensor_type.shape.dim for i in onnx.load(path).graph.input if i.type.tensor_type.HasField("shape")]
    return next((dims[0].dim_value for dims in shapes if dims and dims[0].dim_value), None)


def grown(values, fixed):
    """About sixteen rows of every input, where its first axis may be the inputs; whole batches where their size is fixed."""
    if not values or any(v.ndim == 0 for v in values.values()):
        return None
    rows = {v.shape[0] for v in values.values()}
    if len(rows) != 1 or rows == {0}:
        return None
    pick = np.random.default_rng(0).integers(0, rows.pop(), -(-ROWS // (fixed or 1)) * (fixed or 1))
    return {name: v[pick] for name, v in values.items()}


def run(probe, arguments, where):
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run([probe, *arguments], cwd=where, capture_output=True, text=True, timeout=120, env=environment)


def examine(probe, path):
    """What became of one model: a list of (kind, detail)."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        def said(kind, result):
            if result.returncode in (0, 1):
                found.append((kind, "done"))
                return True
            message = " ".join(result.stderr.split())
            if result.returncode not in (2, 3) or "panicked" in message or "unexpected argument" in message:
                found.append(("crash", f"{kind}: exit {result.returncode}: {message[:300]}"))
            elif why := is_false(message, path):
                found.append(("false", f"{kind}: {message[:300]} [{why}]"))
            else:
                found.append((kind, "refused"))
            return False

        said("layers", run(probe, ["layers", str(path)], folder))
        values = data(path)
        if not values:
            return [*found, ("run", "without data")]
        fixed = fixed_rows(path)
        for feeds in [f for f in (grown(values, fixed), values) if f]:
            np.savez(os.path.join(folder, "x.npz"), **feeds)
            out = os.path.join(folder, "out")
            result = run(probe, ["--model", str(path), "--arrays", "x.npz", "--layers", "*", "--samples", "all", "--neighbors", "1",
                                 "-o", out, "--save-activations", "-q"], folder)
            if result.returncode == 0:
                break
        if not said("run", result):
            return found
        report = json.loads(pathlib.Path(out, "report.json").read_text())
        layers, alone = report["layers"], any(w["code"] == "depends-on-batch" for w in report["warnings"])
        close = 1e-3 if is_half(path) else 1e-4
        with np.load(os.path.join(out, "activations.npz")) as arrays:
            try:
                rows = report["inputs"]["count"]
                wanted = plain(path, feeds, [layer["tensor"] for layer in layers], rows, 1 if alone else fixed, fixed)
            except Exception as error:
                return [*found, ("plain session", str(error)[:200])]
            for layer in layers:
                have, want = arrays[layer["label"]].astype(np.float64), wanted[layer["tensor"]]
                ways = zip(*(pooled(batch, layer["pooling"], layer["neurons"]) for batch in want))
                joined = (np.concatenate([part[: 1 if alone else None] for part in way])[:rows] for way in ways)
                equal = any(w.shape == have.shape and np.allclose(w, have, rtol=close, atol=0.1 * close, equal_nan=True) for w in joined)
                found.append(("tensor", "equal") if equal else ("differs", f"{layer['tensor']} {want[0].shape} {layer['pooling']}"))
    return found


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("probe")
    arguments.add_argument("--only", default="")
    arguments.add_argument("--every", type=int, default=1, help="one model of so many")
    chosen = arguments.parse_args()
    probe = os.path.abspath(chosen.probe)
    os.environ.setdefault("ORT_DYLIB_PATH", next(map(str, pathlib.Path(onnxruntime.__file__).parent.glob("capi/libonnxruntime.*")), ""))
    counts = collections.Counter()
    kept = tempfile.TemporaryDirectory()
    for path in models(pathlib.Path(kept.name), chosen.only)[:: chosen.every]:
        counts["models"] += 1
        try:
            found = examine(probe, path)
        except subprocess.TimeoutExpired:
            found = [("crash", "no end within two minutes")]
        except Exception as error:
            found = [("plain session", repr(error)[:200])]
        for kind, detail in found:
            loud = kind in ("crash", "false", "differs", "plain session")
            counts[kind if loud else f"{kind}: {detail}"] += 1
            if loud:
                print(f"{kind} {path.parent.name}: {detail}", flush=True)
    print(", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())))
    sys.exit(1 if counts["crash"] or counts["false"] or counts["differs"] else 0)


if __name__ == "__main__":
    main()
