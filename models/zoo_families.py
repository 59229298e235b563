"""Further families of the zoo: networks over time, over volumes, with channels last, detectors, gates, a decoder's cache.

Each entry of FAMILIES builds a `Case` of make_zoo.py. What is expected stands with the network: the modules that a person
would name as its layers, and how each is pooled (a word per network, or one per layer).
"""

import functools


def batch_of(*shape, seed=5):
    import torch

    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def recurrent(kind, bidirectional=False, texts=False, batch_first=True, layers=2):
    """Layers of LSTM, GRU or RNN with a dense layer behind. PyTorch holds stacked layers in one module: here each has its own."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            width = 12
            if texts:
                self.embed = nn.Embedding(100, width)
            self.rnn = nn.ModuleList()
            for i in range(layers):
                self.rnn.append(getattr(nn, kind)(width, 10, batch_first=batch_first, bidirectional=bidirectional))
                width = 20 if bidirectional else 10
            self.fc, self.out = nn.Linear(width, 14), nn.Linear(14, 3)

        def forward(self, x):
            x = self.embed(x) if texts else x
            for rnn in self.rnn:
                x = rnn(x if batch_first else x.transpose(0, 1))[0]
                x = x if batch_first else x.transpose(0, 1)
            return self.out(torch.relu(self.fc(x.mean(1))))

    names = [f"rnn.{i}" for i in range(layers)] + ["fc"]
    if texts:
        inputs = {"input_ids": torch.randint(5, 100, (3, 11), generator=torch.Generator().manual_seed(1))}
        axes = {"input_ids": {0: "batch", 1: "sequence"}}
    else:
        inputs, axes = {"x": batch_of(4, 9, 12)}, {"x": {0: "batch"}}
    time = "time" if batch_first else "time-first"
    return Net(), inputs, names, [time] * layers + ["none"], axes


def convolutions(dimensions, channels=(8, 12, 16), normalise=False, pool_with="mean"):
    """A plain chain of convolutions over time (1) or volumes (3)."""
    from torch import nn

    conv, norm = getattr(nn, f"Conv{dimensions}d"), getattr(nn, f"BatchNorm{dimensions}d")
    act, average = nn.SiLU if normalise else nn.ReLU, getattr(nn, f"AdaptiveAvgPool{dimensions}d")
    parts, names, width = [], [], 3
    for out in channels:
        parts.append(conv(width, out, 3, padding=1, stride=2 if out != channels[0] else 1))
        if normalise:
            parts.append(norm(out))
        names.append(str(len(parts) - 1))
        parts.append(act())
        width = out
    parts += [average(1), nn.Flatten(), nn.Linear(width, 5)]
    return nn.Sequential(*parts), {"x": batch_of(4, 3, *([16] * dimensions))}, names, "places", None


def residual(dimensions):
    """Residual stages over time or volumes."""
    import torch
    from torch import nn

    conv, average = getattr(nn, f"Conv{dimensions}d"), getattr(nn, f"AdaptiveAvgPool{dimensions}d")

    class Block(nn.Module):
        def __init__(self, width, out, stride):
            super().__init__()
            self.a, self.b = conv(width, out, 3, stride, 1), conv(out, out, 3, 1, 1)
            self.skip = nn.Identity() if stride == 1 and width == out else conv(width, out, 1, stride)

        def forward(self, x):
            return torch.relu(self.b(torch.relu(self.a(x))) + self.skip(x))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = conv(3, 8, 3, 1, 1)
            self.layer1 = nn.Sequential(Block(8, 8, 1), Block(8, 8, 1))
            self.layer2 = nn.Sequential(Block(8, 12, 2), Block(12, 12, 1))
            self.layer3 = nn.Sequential(Block(12, 16, 2), Block(16, 16, 1))
            self.head, self.fc = average(1), nn.Linear(16, 5)

        def forward(self, x):
            x = self.layer3(self.layer2(self.layer1(torch.relu(self.stem(x)))))
            return self.fc(self.head(x).flatten(1))

    return Net(), {"x": batch_of(4, 3, *([16] * dimensions))}, ["layer1", "layer2", "layer3"], "places", None


def squeeze_chain(activation="ReLU"):
    """Convolutions with squeeze and excitation, and no skip connections."""
    from torch import nn
    from torchvision.ops import SqueezeExcitation

    parts, names, width = [], [], 3
    for out in (8, 16, 24):
        parts += [nn.Conv2d(width, out, 3, 2, 1), nn.BatchNorm2d(out), getattr(nn, activation)(), SqueezeExcitation(out, 4)]
        names.append(str(len(parts) - 3))
        width = out
    parts += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 5)]
    return nn.Sequential(*parts), {"pixel_values": batch_of(3, 3, 32, 32)}, names, "places", None


def dense_over_tokens():
    """An MLP that is applied at every place: pooled by the mean."""
    from torch import nn

    model = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 20), nn.ReLU(), nn.Linear(20, 3))
    return model, {"x": batch_of(4, 9, 12)}, ["0", "2"], "time", None


def recogniser():
    """Convolutions, then recurrent layers over the columns of the image, a class for each."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)
            self.rnn1 = nn.LSTM(16, 10, bidirectional=True)
            self.rnn2 = nn.LSTM(20, 10, bidirectional=True)
            self.out = nn.Linear(20, 7)

        def forward(self, x):
            x = torch.max_pool2d(torch.relu(self.a(x)), 2)
            x = torch.max_pool2d(torch.relu(self.b(x)), (4, 1)).squeeze(2).permute(2, 0, 1)
            return torch.log_softmax(self.out(self.rnn2(self.rnn1(x)[0])[0]), 2)

    return Net(), {"x": batch_of(3, 1, 8, 24)}, ["a", "b", "rnn1", "rnn2"], ["places", "places", "time-first", "time-first"], None


def detector(kind):
    """Backbones of three residual stages with heads on the last two: boxes and classes of all places side by side (one
    output), as two outputs, or behind a pyramid of features. The layers are the stages of the backbone."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, width, out, stride):
            super().__init__()
            act = nn.SiLU if kind == "yolo" else nn.ReLU
            self.down = nn.Sequential(nn.Conv2d(width, out, 3, stride, 1), nn.BatchNorm2d(out), act())
            self.a = nn.Sequential(nn.Conv2d(out, out, 3, 1, 1), nn.BatchNorm2d(out), act())
            self.b = nn.Sequential(nn.Conv2d(out, out, 3, 1, 1), nn.BatchNorm2d(out), act())

        def forward(self, x):
            x = self.down(x)
            return x + self.b(self.a(x))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU())
            self.stage1, self.stage2, self.stage3 = Block(8, 12, 1), Block(12, 16, 2), Block(16, 24, 2)
            self.reduce2, self.reduce3 = nn.Conv2d(16, 16, 1), nn.Conv2d(24, 16, 1)
            self.box = nn.ModuleList(nn.Conv2d(16, 4, 1) for _ in range(2))
            self.cls = nn.ModuleList(nn.Conv2d(16, 3, 1) for _ in range(2))

        def forward(self, x):
            x = self.stage1(self.stem(x))
            p2 = self.stage2(x)
            p3 = self.stage3(p2)
            p2, p3 = self.reduce2(p2), self.reduce3(p3)
            if kind == "pyramid":
                p2 = p2 + nn.functional.interpolate(p3, scale_factor=2.0, mode="nearest")
            boxes = torch.cat([h(p).flatten(2) for h, p in zip(self.box, (p2, p3))], 2)
            scores = torch.cat([h(p).flatten(2) for h, p in zip(self.cls, (p2, p3))], 2)
            if kind == "two":
                return boxes, scores.sigmoid()
            return torch.cat([boxes * 8.0, scores.sigmoid()], 1)

    return Net(), {"pixel_values": batch_of(2, 3, 48, 48)}, ["stage1", "stage2", "stage3"], "places", None


def unet():
    """An encoder and a decoder with long skip connections: the layers are the stages on the way down."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, width, out, stride):
            super().__init__()
            self.a, self.b = nn.Conv2d(width, out, 3, stride, 1), nn.Conv2d(out, out, 3, 1, 1)
            self.skip = nn.Conv2d(width, out, 1, stride)

        def forward(self, x):
            return torch.relu(self.skip(x) + self.b(torch.relu(self.a(x))))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.down1, self.down2, self.down3 = Block(3, 8, 1), Block(8, 12, 2), Block(12, 16, 2)
            self.up2, self.up1 = Block(28, 12, 1), Block(20, 8, 1)
            self.out = nn.Conv2d(8, 2, 1)

        def forward(self, x):
            grown = functools.partial(nn.functional.interpolate, scale_factor=2.0, mode="nearest")
            one = self.down1(x)
            two = self.down2(one)
            three = self.down3(two)
            two = self.up2(torch.cat([grown(three), two], 1))
            return self.out(self.up1(torch.cat([grown(two), one], 1)))

    return Net(), {"pixel_values": batch_of(2, 3, 32, 32)}, ["down1", "down2", "down3"], "places", None


def block_of_attention(width, heads, mask=False):
    import torch
    from torch import nn

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))
            self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

        def forward(self, x, past=None, bias=None):
            split = lambda y: y.view(y.shape[0], y.shape[1], heads, width // heads).transpose(1, 2)
            y = self.norm1(x)
            q, k, v = split(self.q(y)), split(self.k(y)), split(self.v(y))
            if past is not None:
                k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
            scores = q @ k.transpose(2, 3) / (width // heads) ** 0.5
            scores = scores if bias is None else scores + bias
            mixed = (scores.softmax(-1) @ v).transpose(1, 2)
            x = x + self.o(mixed.reshape(x.shape[0], x.shape[1], width))
            return x + self.down(torch.nn.functional.gelu(self.up(self.norm2(x)))), k, v

    return Layer()


def decoder_with_past(layers=3):
    """A decoder as exporters write it: the cache of every layer is an input, and an output with the new tokens behind."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.places = nn.Embedding(100, 32), nn.Embedding(64, 32)
            self.h = nn.ModuleList(block_of_attention(32, 4) for _ in range(layers))
            self.norm, self.head = nn.LayerNorm(32), nn.Linear(32, 100)

        def forward(self, input_ids, attention_mask, *past):
            position = (attention_mask.cumsum(1) - 1).clamp(min=0)[:, -input_ids.shape[1]:]
            x = self.embed(input_ids) + self.places(position)
            bias = (1.0 - attention_mask[:, None, None, :].to(x.dtype)) * -10000.0
            for i, layer in enumerate(self.h):
                x, *_ = layer(x, past[2 * i : 2 * i + 2], bias)
            return self.head(self.norm(x))

    inputs = {"input_ids": torch.randint(5, 100, (3, 7), generator=torch.Generator().manual_seed(1)),
              "attention_mask": torch.ones(3, 7, dtype=torch.long)}
    axes = {"input_ids": {0: "batch", 1: "sequence"}, "attention_mask": {0: "batch", 1: "total"}}
    for i in range(layers):
        for part in ("key", "value"):
            inputs[f"past_key_values.{i}.{part}"] = torch.zeros(3, 4, 0, 8)
            axes[f"past_key_values.{i}.{part}"] = {0: "batch", 2: "past"}
    return Net(), inputs, [f"h.{i}" for i in range(layers)], "first", axes


def patches(class_token):
    """A transformer over patches of an image, with or without a class token."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.patch = nn.Conv2d(3, 32, 8, 8)
            self.places = nn.Parameter(torch.randn(1, 16 + class_token, 32, generator=torch.Generator().manual_seed(7)))
            self.token = nn.Parameter(torch.randn(1, 1, 32, generator=torch.Generator().manual_seed(8)))
            self.layers = nn.ModuleList(block_of_attention(32, 4) for _ in range(3))
            self.norm, self.head = nn.LayerNorm(32), nn.Linear(32, 5)

        def forward(self, x):
            x = self.patch(x).flatten(2).transpose(1, 2)
            if class_token:
                x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)
            x = x + self.places
            for layer in self.layers:
                x = layer(x)[0]
            x = self.norm(x)
            return self.head(x[:, 0] if class_token else x.mean(1))

    return Net(), {"pixel_values": batch_of(2, 3, 32, 32)}, [f"layers.{i}" for i in range(3)], "first" if class_token else "time", None


def two_towers():
    """Texts and images in one graph, compared at the end: the layers of both."""
    import torch
    from torch import nn

    class Tower(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(block_of_attention(32, 4) for _ in range(2))

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)[0]
            return x

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.patch = nn.Embedding(100, 32), nn.Conv2d(3, 32, 8, 8)
            self.token = nn.Parameter(torch.randn(1, 1, 32, generator=torch.Generator().manual_seed(8)))
            self.text, self.image = Tower(), Tower()
            self.a, self.b = nn.Linear(32, 16), nn.Linear(32, 16)

        def forward(self, input_ids, pixel_values):
            text = self.a(self.text(self.embed(input_ids))[:, 0])
            x = self.patch(pixel_values).flatten(2).transpose(1, 2)
            x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)
            return text @ self.b(self.image(x)[:, 0]).t()

    inputs = {"input_ids": torch.randint(5, 100, (3, 7), generator=torch.Generator().manual_seed(1)),
              "pixel_values": batch_of(3, 3, 32, 32)}
    axes = {"input_ids": {0: "batch", 1: "sequence"}, "pixel_values": {0: "batch"}}
    names = [f"text.layers.{i}" for i in range(2)] + [f"image.layers.{i}" for i in range(2)]
    return Net(), inputs, names, "first", axes


FAMILIES = {
    "lstm": functools.partial(recurrent, "LSTM"),
    "lstm-both-ways": functools.partial(recurrent, "LSTM", bidirectional=True),
    "lstm-time-first": functools.partial(recurrent, "LSTM", batch_first=False),
    "lstm-texts": functools.partial(recurrent, "LSTM", texts=True),
    "gru": functools.partial(recurrent, "GRU"),
    "gru-both-ways-texts": functools.partial(recurrent, "GRU", bidirectional=True, texts=True),
    "rnn": functools.partial(recurrent, "RNN"),
    "conv1d": functools.partial(convolutions, 1),
    "conv1d-bn-silu": functools.partial(convolutions, 1, normalise=True),
    "conv3d": functools.partial(convolutions, 3),
    "conv3d-bn-silu": functools.partial(convolutions, 3, normalise=True),
    "residual1d": functools.partial(residual, 1),
    "residual2d": functools.partial(residual, 2),
    "residual3d": functools.partial(residual, 3),
    "se-chain": squeeze_chain,
    "se-chain-silu": functools.partial(squeeze_chain, "SiLU"),
    "mlp-over-time": dense_over_tokens,
    "crnn": recogniser,
    "detector-yolo": functools.partial(detector, "yolo"),
    "detector-two-outputs": functools.partial(detector, "two"),
    "detector-pyramid": functools.partial(detector, "pyramid"),
    "unet": unet,
    "decoder-with-past": decoder_with_past,
    "patches-class-token": functools.partial(patches, True),
    "patches-averaged": functools.partial(patches, False),
    "two-towers": two_towers,
}
# Families of which copies with channels last are made, as tf2onnx writes them, and statically quantised ones.
CHANNELS_LAST = ["residual2d", "resnet18", "vgg", "mobilenet-v2", "squeezenet", "resnet50", "se-chain"]
QUANTISED = ["residual2d", "residual1d", "resnet18", "resnet50", "vgg", "vgg-bn", "mobilenet-v2", "squeezenet", "lenet",
             "mlp-relu", "mlp-gelu", "mlp-tanh", "mlp-sequential", "conv1d", "se-chain", "detector-yolo", "regnet-x", "vit",
             "bert", "roberta"]


def channels_last(source, target):
    """Rewrites convolutions as a converter from TensorFlow does: between any two ops images are [batch, height, width,
    channels], and a convolution stands between two transpositions."""
    import numpy as np
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.shape_inference.infer_shapes(onnx.load(source))
    graph = model.graph
    ranks = {v.name: len(v.type.tensor_type.shape.dim) for v in [*graph.value_info, *graph.input, *graph.output]}
    constants = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    images = {name for name, rank in ranks.items() if rank == 4}
    kept = {i.name for i in graph.input} | {o.name for o in graph.output}
    wrapped = {"Conv", "MaxPool", "AveragePool", "BatchNormalization", "Resize", "GlobalAveragePool", "Flatten", "Reshape"}
    nodes, count = [], 0

    def turn(name, to):
        nonlocal count
        count += 1
        made = f"{name}__{count}"
        nodes.append(helper.make_node("Transpose", [name], [made], f"Transpose__{count}", perm=[0, 3, 1, 2] if to == "first" else [0, 2, 3, 1]))
        return made

    last = {}
    for name in [i.name for i in graph.input if i.name in images]:
        last[name] = turn(name, "last")
    for node in graph.node:
        inputs = [last.get(n, n) for n in node.input]
        outputs = list(node.output)
        if node.op_type == "GlobalAveragePool":
            nodes.append(helper.make_node("ReduceMean", inputs, outputs, node.name, axes=[1, 2], keepdims=1))
            continue
        if node.op_type in wrapped:
            inputs = [turn(n, "first") if original in images else n for original, n in zip(node.input, inputs)]
            made = [f"{o}__first" if o in images and o not in kept else o for o in outputs]
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.input[:], copy.output[:] = inputs, made
            nodes.append(copy)
            for o, m in zip(outputs, made):
                if m != o:
                    nodes.append(helper.make_node("Transpose", [m], [o], f"{node.name}__last", perm=[0, 2, 3, 1]))
            continue
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.input[:] = inputs
        if any(n in images for n in node.input):
            for attribute in copy.attribute:
                if attribute.name == "axis" and node.op_type in ("Concat", "Split", "Softmax"):
                    attribute.i = [0, 3, 1, 2][attribute.i]
                if attribute.name == "axes" and node.op_type.startswith("Reduce"):
                    attribute.ints[:] = [[0, 3, 1, 2][a % 4] for a in attribute.ints]
            for i, name in enumerate(node.input):
                if name in constants and constants[name].ndim in (3, 4):
                    value = constants[name].reshape((1,) * (4 - constants[name].ndim) + constants[name].shape)
                    count += 1
                    graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value.transpose(0, 2, 3, 1)), f"{name}__{count}"))
                    copy.input[i] = f"{name}__{count}"
        nodes.append(copy)
    del graph.node[:], graph.value_info[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, target)


def quantise_static(source, target, feeds, operators):
    """8-bit activations too, with ranges taken over `feeds`."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = iter(feeds)

        def get_next(self):
            return next(self.left, None)

    prepared = str(target) + ".prepared"
    quant_pre_process(str(source), prepared, skip_symbolic_shape=True)
    quantize_static(prepared, str(target), Reader(), quant_format=QuantFormat.QOperator if operators else QuantFormat.QDQ,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True)
    import os

    os.remove(prepared)
