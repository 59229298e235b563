#!/usr/bin/env python3
"""A zoo of exported networks with random weights, to see whether their layers are found.

    python models/make_zoo.py make  ZOO [NAME ...]     write models and PyTorch's hidden states into the folder ZOO
    python models/make_zoo.py check ZOO target/debug/examples/expose [NAME ...]

`make` needs torch, torchvision, transformers, onnx, onnxscript, onnxruntime, onnxconverter-common (a virtual environment
outside the repository); `check` needs onnxruntime and onnx only. Every network is exported by both of PyTorch's
exporters; of the older exporter's file come copies with names scrambled to numbers, optimised by ONNX Runtime, in half
precision, with weights quantised to int8, and of some with channels last and with activations quantised too. What is
expected of a network stands with it, below and in zoo_families.py, and was written down from its source: the modules a
person would name as its layers.
"""

import copy
import functools
import json
import pathlib
import subprocess
import sys
import time
import warnings

import numpy as np

from zoo_families import CHANNELS_LAST, FAMILIES, QUANTISED, channels_last, quantise_static

warnings.filterwarnings("ignore")

# ---------------------------------------------------------------------------------------------------- the networks

ZOO = {}


def network(name):
    def add(build):
        ZOO[name] = build
        return build

    return add


class Case:
    """A network, its inputs, the modules whose outputs are its layers, and how these are pooled (a word for each, or one)."""

    def __init__(self, model, inputs, layers, pool, dynamic=None):
        self.model, self.inputs, self.layers, self.pool = model.eval(), inputs, layers, pool
        self.dynamic = dynamic or {name: {0: "batch"} for name in inputs}


def texts(vocabulary=100, batch=3, length=12, types=False):
    import torch

    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(5, vocabulary, (batch, length), generator=generator)
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    inputs = {"input_ids": ids, "attention_mask": mask}
    if types:
        inputs["token_type_ids"] = torch.zeros_like(ids)
    return inputs


def images(size, batch=2, channels=3):
    import torch

    return {"pixel_values": torch.randn(batch, channels, size, size, generator=torch.Generator().manual_seed(2))}


def transformer(kind, layers, heading="ForSequenceClassification", types=False, inputs=None, pool="first", **config):
    """A small model of the transformers library; `layers` is a pattern with {} for the number."""
    import transformers

    common = dict(vocab_size=100, hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=64,
                  hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, initializer_range=0.2, num_labels=2,
                  max_position_embeddings=64)
    values = {**common, **config}
    count = values.pop("count", 3)
    configuration = getattr(transformers, kind + "Config")(**{k: v for k, v in values.items() if v is not None})
    configuration.use_cache = False
    configuration._attn_implementation = values.get("attention", "eager")
    model = getattr(transformers, kind + heading)(configuration)
    fed = inputs or texts(types=types)
    axes = {name: ({0: "batch", 1: "sequence"} if tensor.dim() == 2 else {0: "batch"}) for name, tensor in fed.items()}
    return Case(model, fed, [layers.format(i) for i in range(count)], pool, axes)


ENCODERS = {
    "roberta": ("Roberta", "roberta.encoder.layer.{}", {}),
    "bert": ("Bert", "bert.encoder.layer.{}", dict(types=True)),
    "xlm-roberta": ("XLMRoberta", "roberta.encoder.layer.{}", {}),
    "camembert": ("Camembert", "roberta.encoder.layer.{}", {}),
    "electra": ("Electra", "electra.encoder.layer.{}", dict(embedding_size=16)),
    "mpnet": ("MPNet", "mpnet.encoder.layer.{}", {}),
    "deberta": ("Deberta", "deberta.encoder.layer.{}", dict(relative_attention=True, pos_att_type=["c2p", "p2c"], type_vocab_size=0)),
    "deberta-v2": ("DebertaV2", "deberta.encoder.layer.{}", dict(relative_attention=True, pos_att_type=["c2p", "p2c"], type_vocab_size=0)),
    "convbert": ("ConvBert", "convbert.encoder.layer.{}", dict(embedding_size=32)),
    "roformer": ("RoFormer", "roformer.encoder.layer.{}", dict(embedding_size=32)),
    "ernie": ("Ernie", "ernie.encoder.layer.{}", {}),
    "mobilebert": ("MobileBert", "mobilebert.encoder.layer.{}", dict(embedding_size=16, intra_bottleneck_size=16, true_hidden_size=16)),
    "squeezebert": ("SqueezeBert", "transformer.encoder.layers.{}.output", dict(embedding_size=32, pool="tokens-last")),
    "nystromformer": ("Nystromformer", "nystromformer.encoder.layer.{}", dict(segment_means_seq_len=12, num_landmarks=12)),
    "modernbert": ("ModernBert", "model.layers.{}", dict(pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=3, sep_token_id=4)),
    "roberta-prelayernorm": ("RobertaPreLayerNorm", "roberta_prelayernorm.encoder.layer.{}", {}),
    "ibert-none-xmod": ("Xmod", "roberta.encoder.layer.{}", dict(default_language="en_XX", languages=["en_XX"])),
}
for _name, (_kind, _layers, _more) in ENCODERS.items():
    ZOO[_name] = functools.partial(transformer, _kind, _layers, **_more)

ZOO["bert-bare"] = functools.partial(transformer, "Bert", "encoder.layer.{}", heading="Model", types=True)
ZOO["bert-one-layer"] = functools.partial(transformer, "Bert", "bert.encoder.layer.{}", num_hidden_layers=1, count=1)
ZOO["bert-tokens"] = functools.partial(transformer, "Bert", "bert.encoder.layer.{}", heading="ForTokenClassification")
ZOO["bert-questions"] = functools.partial(transformer, "Bert", "bert.encoder.layer.{}", heading="ForQuestionAnswering")
ZOO["bert-masked"] = functools.partial(transformer, "Bert", "bert.encoder.layer.{}", heading="ForMaskedLM")
ZOO["roberta-sdpa"] = functools.partial(transformer, "Roberta", "roberta.encoder.layer.{}", attention="sdpa")
ZOO["roberta-twelve"] = functools.partial(transformer, "Roberta", "roberta.encoder.layer.{}", num_hidden_layers=12, count=12)
ZOO["roberta-relu"] = functools.partial(transformer, "Roberta", "roberta.encoder.layer.{}", hidden_act="relu")
ZOO["distilbert"] = functools.partial(
    transformer, "DistilBert", "distilbert.transformer.layer.{}", dim=32, n_layers=3, n_heads=4, hidden_dim=64,
    hidden_size=None, num_hidden_layers=None, num_attention_heads=None)
ZOO["gpt2"] = functools.partial(
    transformer, "GPT2", "transformer.h.{}", n_embd=32, n_layer=3, n_head=4, n_positions=64, pad_token_id=0,
    hidden_size=None, num_hidden_layers=None, num_attention_heads=None, max_position_embeddings=None)
ZOO["gpt2-lm"] = functools.partial(
    transformer, "GPT2", "transformer.h.{}", heading="LMHeadModel", n_embd=32, n_layer=3, n_head=4, n_positions=64,
    pad_token_id=0, hidden_size=None, num_hidden_layers=None, num_attention_heads=None, max_position_embeddings=None)
ZOO["gpt-neox"] = functools.partial(transformer, "GPTNeoX", "gpt_neox.layers.{}", pad_token_id=0)
ZOO["opt"] = functools.partial(transformer, "OPT", "model.decoder.layers.{}", ffn_dim=64, word_embed_proj_dim=32, pad_token_id=0)
ZOO["llama"] = functools.partial(transformer, "Llama", "model.layers.{}", num_key_value_heads=2, pad_token_id=0)
ZOO["qwen2"] = functools.partial(transformer, "Qwen2", "model.layers.{}", num_key_value_heads=2, pad_token_id=0)
ZOO["mistral"] = functools.partial(transformer, "Mistral", "model.layers.{}", num_key_value_heads=2, pad_token_id=0)


@network("albert")
def albert():
    case = transformer("Albert", "albert.encoder.albert_layer_groups.0.albert_layers.0", embedding_size=16, count=1)
    case.layers = case.layers * 3
    return case


@network("t5-encoder")
def t5():
    import transformers

    config = transformers.T5Config(vocab_size=100, d_model=32, d_kv=8, d_ff=64, num_layers=3, num_heads=4, dropout_rate=0.0,
                                   initializer_factor=0.3, use_cache=False)
    config._attn_implementation = "eager"
    model = transformers.T5EncoderModel(config)
    axes = {name: {0: "batch", 1: "sequence"} for name in texts()}
    return Case(model, texts(), [f"encoder.block.{i}" for i in range(3)], "first", axes)


def vision(kind, layers, heading="ForImageClassification", size=32, **config):
    return transformer(kind, layers, heading=heading, inputs=images(size), **{
        "image_size": size, "patch_size": 8, "num_channels": 3, "vocab_size": None, "max_position_embeddings": None, **config})


ZOO["vit"] = functools.partial(vision, "ViT", "vit.layers.{}")
ZOO["deit"] = functools.partial(vision, "DeiT", "deit.layers.{}")
ZOO["beit"] = functools.partial(vision, "Beit", "beit.layers.{}", use_relative_position_bias=True, layer_scale_init_value=0.1, use_mean_pooling=True)
ZOO["dinov2"] = functools.partial(vision, "Dinov2", "dinov2.encoder.layer.{}")
ZOO["clip-vision"] = functools.partial(vision, "CLIPVision", "encoder.layers.{}", heading="Model")
# Without a class token, so that the mean over all patches is taken.
ZOO["siglip-vision"] = functools.partial(vision, "SiglipVision", "encoder.layers.{}", heading="Model", pool="time")


@network("vit-torchvision")
def vit_torchvision():
    from torchvision.models.vision_transformer import VisionTransformer

    model = VisionTransformer(image_size=32, patch_size=8, num_layers=3, num_heads=4, hidden_dim=32, mlp_dim=64, num_classes=10)
    spread(model)
    return Case(model, images(32), [f"encoder.layers.encoder_layer_{i}" for i in range(3)], "first")


@network("swin-torchvision")
def swin_torchvision():
    from torchvision.models.swin_transformer import SwinTransformer

    model = SwinTransformer([4, 4], 16, [2, 2], [2, 4], [4, 4], stochastic_depth_prob=0.0, num_classes=10)
    spread(model)
    return Case(model, images(64), ["features.1.0", "features.1.1", "features.3.0", "features.3.1"], "last-mean")


@network("torch-encoder")
def torch_encoder():
    import torch

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = torch.nn.Embedding(100, 32)
            block = torch.nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True)
            self.encoder = torch.nn.TransformerEncoder(block, 3, enable_nested_tensor=False)
            self.head = torch.nn.Linear(32, 2)

        def forward(self, input_ids):
            return self.head(self.encoder(self.embed(input_ids)).mean(1))

    model = Encoder()
    spread(model)
    return Case(model, {"input_ids": texts()["input_ids"]}, [f"encoder.layers.{i}" for i in range(3)], "first",
                {"input_ids": {0: "batch", 1: "sequence"}})


def spread(model):
    """Weights large enough that layers differ, and statistics of batch normalisation that are not the identity."""
    import torch

    generator = torch.Generator().manual_seed(3)
    for module in model.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.running_mean.uniform_(-0.2, 0.2, generator=generator)
            module.running_var.uniform_(0.8, 1.2, generator=generator)
            module.weight.data.uniform_(0.7, 1.1, generator=generator)
            module.bias.data.uniform_(-0.2, 0.2, generator=generator)
        if isinstance(module, torch.nn.Linear):
            module.weight.data.normal_(0, 1.2 / module.in_features**0.5, generator=generator)


CONVNETS = {
    # Residual: torchvision's own stages.
    "resnet18": ("resnet18", [f"layer{i}" for i in range(1, 5)]),
    "resnet34": ("resnet34", [f"layer{i}" for i in range(1, 5)]),
    "resnet50": ("resnet50", [f"layer{i}" for i in range(1, 5)]),
    "resnext50": ("resnext50_32x4d", [f"layer{i}" for i in range(1, 5)]),
    "wide-resnet50": ("wide_resnet50_2", [f"layer{i}" for i in range(1, 5)]),
    "regnet-y": ("regnet_y_400mf", [f"trunk_output.block{i}" for i in range(1, 5)]),
    "regnet-x": ("regnet_x_400mf", [f"trunk_output.block{i}" for i in range(1, 5)]),
    "convnext": ("convnext_tiny", ["features.1", "features.3", "features.5", "features.7"]),
    # The last block of every resolution.
    "mobilenet-v2": ("mobilenet_v2", ["features.1", "features.3", "features.6", "features.13", "features.17"]),
    "mobilenet-v3-large": ("mobilenet_v3_large", ["features.1", "features.3", "features.6", "features.12", "features.15"]),
    "efficientnet-b0": ("efficientnet_b0", ["features.1", "features.2", "features.3", "features.5", "features.7"]),
    "efficientnet-v2": ("efficientnet_v2_s", ["features.1", "features.2", "features.3", "features.5", "features.6"]),
    "mnasnet": ("mnasnet0_5", ["layers.7", "layers.8", "layers.9", "layers.11", "layers.13"]),
    # Concatenating.
    "densenet121": ("densenet121", [f"features.denseblock{i}" for i in range(1, 5)]),
    "googlenet": ("googlenet", ["inception3b", "inception4e", "inception5b"]),
    "squeezenet": ("squeezenet1_1", ["features.4", "features.7", "features.12"]),
    "shufflenet": ("shufflenet_v2_x0_5", ["stage2", "stage3", "stage4"]),
}


def convnet(function, layers):
    import torchvision

    options = dict(init_weights=True, aux_logits=False) if function == "googlenet" else {}
    model = getattr(torchvision.models, function)(weights=None, num_classes=10, **options)
    spread(model)
    return Case(model, images(96), layers, "mean")


for _name, (_function, _layers) in CONVNETS.items():
    ZOO[_name] = functools.partial(convnet, _function, _layers)


def chain(model, inputs, layers, pool="none"):
    spread(model)
    return Case(model, inputs, layers, pool)


def narrow_vgg(normalise):
    import torch
    from torchvision.models.vgg import VGG, make_layers

    model = VGG(make_layers([8, "M", 16, "M", 32, 32, "M", 64, 64, "M"], batch_norm=normalise), num_classes=10)
    model.avgpool = torch.nn.AdaptiveAvgPool2d(1)
    model.classifier = torch.nn.Sequential(
        torch.nn.Linear(64, 32), torch.nn.ReLU(True), torch.nn.Dropout(), torch.nn.Linear(32, 32), torch.nn.ReLU(True),
        torch.nn.Dropout(), torch.nn.Linear(32, 10))
    kinds = torch.nn.BatchNorm2d if normalise else torch.nn.Conv2d
    layers = [f"features.{i}" for i, m in enumerate(model.features) if isinstance(m, kinds)]
    return chain(model, images(64), layers + ["classifier.0", "classifier.3"], "mean")


ZOO["vgg"] = functools.partial(narrow_vgg, False)
ZOO["vgg-bn"] = functools.partial(narrow_vgg, True)


def perceptron(activation, normalise=False, sequential=False, bias=True):
    import torch

    act = getattr(torch.nn, activation)
    if sequential:
        parts = []
        for i in range(3):
            parts += [torch.nn.Linear(16, 16, bias=bias)] + ([torch.nn.BatchNorm1d(16)] if normalise else []) + [act()]
        model = torch.nn.Sequential(*parts, torch.nn.Linear(16, 4))
        step = len(parts) // 3
        layers = [str(i * step + (1 if normalise else 0)) for i in range(3)]
    else:
        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.fc1, self.fc2, self.fc3 = (torch.nn.Linear(16, 16, bias=bias) for _ in range(3))
                self.out = torch.nn.Linear(16, 4)
                self.act = act()

            def forward(self, x):
                return self.out(self.act(self.fc3(self.act(self.fc2(self.act(self.fc1(x)))))))

        model, layers = Net(), ["fc1", "fc2", "fc3"]
    generator = torch.Generator().manual_seed(4)
    return chain(model, {"x": torch.randn(5, 16, generator=generator)}, layers)


for _act in ["ReLU", "GELU", "Tanh", "SiLU", "Hardswish", "LeakyReLU"]:
    ZOO[f"mlp-{_act.lower()}"] = functools.partial(perceptron, _act)
ZOO["mlp-sequential"] = functools.partial(perceptron, "ReLU", sequential=True)
ZOO["mlp-batchnorm"] = functools.partial(perceptron, "ReLU", sequential=True, normalise=True)
ZOO["mlp-no-bias"] = functools.partial(perceptron, "GELU", bias=False)


@network("lenet")
def lenet():
    import torch

    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 6, 5), torch.nn.Tanh(), torch.nn.AvgPool2d(2), torch.nn.Conv2d(6, 16, 5), torch.nn.Tanh(),
        torch.nn.AvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(256, 120), torch.nn.Tanh(), torch.nn.Linear(120, 10))
    return chain(model, images(28, channels=1), ["0", "3", "7"], "mean")


def further(build):
    model, inputs, layers, pool, axes = build()
    spread(model)
    return Case(model, inputs, layers, pool, axes)


for _name, _build in FAMILIES.items():
    ZOO[_name] = functools.partial(further, _build)


# ------------------------------------------------------------------------------------------------------------ make


def pooled(value, how):
    value = value[0] if isinstance(value, (tuple, list)) else value
    value = value.detach()
    if how in ("time", "time-first"):
        return value.mean(int(how == "time")) if value.dim() == 3 else value
    if how == "places":
        return value.mean(tuple(range(2, value.dim()))) if value.dim() > 2 else value
    if value.dim() == 3:
        return value[:, :, 0] if how == "tokens-last" else value[:, 0]
    if value.dim() == 4:
        return value.mean((1, 2)) if how == "last-mean" else value.mean((2, 3))
    return value


def hidden(case):
    """PyTorch's own hidden states, pooled, in the order of the forward pass."""
    import torch

    seen, handles = [], []
    ways = case.pool if isinstance(case.pool, list) else [case.pool] * len(case.layers)
    for name, how in dict(zip(case.layers, ways)).items():
        module = case.model.get_submodule(name)
        handles.append(module.register_forward_hook(lambda _m, _i, out, how=how: seen.append(pooled(out, how).clone())))
    with torch.no_grad():
        case.model(**case.inputs) if hasattr(case.model, "config") else case.model(*case.inputs.values())
    for handle in handles:
        handle.remove()
    assert len(seen) == len(case.layers), (len(seen), case.layers)
    return [value.float().numpy() for value in seen]


def export(case, path, newer):
    import torch

    names = list(case.inputs)
    model = case.model
    if hasattr(model, "config"):
        class Named(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.model = model

            def forward(self, *values):
                return self.model(**dict(zip(names, values)))[0]

        model = Named().eval()
    arguments = tuple(case.inputs.values())
    with torch.no_grad():
        made = model(*arguments)
    outputs = ["logits", "more"][: len(made) if isinstance(made, tuple) else 1]
    with torch.no_grad():
        if newer:
            shapes = tuple({axis: torch.export.Dim.DYNAMIC for axis in case.dynamic[n]} for n in names)
            if hasattr(case.model, "config"):
                shapes = (shapes,)
            torch.onnx.export(model, arguments, str(path), dynamo=True, input_names=names, output_names=outputs,
                              dynamic_shapes=shapes, external_data=False, verbose=False)
        else:
            axes = {**case.dynamic, "logits": {0: "batch"}}
            torch.onnx.export(model, arguments, str(path), dynamo=False, input_names=names, output_names=outputs,
                              dynamic_axes=axes, opset_version=17)


def scramble(source, target):
    """Renames every node, weight and tensor in between to a number without meaning."""
    import onnx

    model = onnx.load(source)
    graph = model.graph
    kept = {i.name for i in graph.input} | {o.name for o in graph.output}
    names = {}

    def renamed(name):
        if not name or name in kept:
            return name
        return names.setdefault(name, str(7919 * (len(names) + 1) % 1000003))

    def walk(graph):
        for node in graph.node:
            node.name = ""
            node.doc_string = ""
            del node.metadata_props[:]
            node.input[:] = [renamed(n) for n in node.input]
            node.output[:] = [renamed(n) for n in node.output]
            for attribute in node.attribute:
                if attribute.type == onnx.AttributeProto.GRAPH:
                    walk(attribute.g)
        for initializer in graph.initializer:
            initializer.name = renamed(initializer.name)
        if graph is not model.graph:
            for output in graph.output:
                output.name = renamed(output.name)

    walk(graph)
    del graph.value_info[:]
    onnx.save(model, target)


def optimise(source, target, level):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.optimized_model_filepath = str(target)
    options.log_severity_level = 4
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1000000000")
    onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def half(source, target):
    import onnx
    from onnxconverter_common import float16

    onnx.save(float16.convert_float_to_float16(onnx.load(source), keep_io_types=True), target)


def quantise(source, target):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(str(source), str(target), weight_type=QuantType.QInt8)


def fuse(source, target):
    """The fusions that onnxruntime.transformers makes for BERT and its kin."""
    from onnxruntime.transformers import optimizer

    optimizer.optimize_model(str(source), model_type="bert", num_heads=4, hidden_size=32, opt_level=0).save_model_to_file(str(target))


def make(folder, only):
    import onnxruntime
    import torch

    torch.set_num_threads(1)
    # The fast path is one op of PyTorch's own, which has no counterpart in ONNX.
    torch.backends.mha.set_fastpath_enabled(False)
    levels = onnxruntime.GraphOptimizationLevel
    for name, build in ZOO.items():
        if only and name not in only:
            continue
        home = folder / name
        if (home / "done").exists():
            continue
        home.mkdir(parents=True, exist_ok=True)
        start, notes = time.time(), {}
        torch.manual_seed(0)
        try:
            case = build()
            states = hidden(case)
        except Exception as error:
            print(f"{name}: cannot be built: {error!r}"[:300], flush=True)
            continue
        arrays = {f"in:{k}": v.numpy() for k, v in case.inputs.items()}
        arrays |= {f"out:{i:02}:{layer}": state for i, (layer, state) in enumerate(zip(case.layers, states))}
        np.savez(home / "golden.npz", **arrays)
        steps = {
            "old": lambda to: export(copy.deepcopy(case), to, False),
            "new": lambda to: export(copy.deepcopy(case), to, True),
            "old-scrambled": lambda to: scramble(home / "old.onnx", to),
            "new-scrambled": lambda to: scramble(home / "new.onnx", to),
            "old-basic": lambda to: optimise(home / "old.onnx", to, levels.ORT_ENABLE_BASIC),
            "old-extended": lambda to: optimise(home / "old.onnx", to, levels.ORT_ENABLE_EXTENDED),
            "new-extended": lambda to: optimise(home / "new.onnx", to, levels.ORT_ENABLE_EXTENDED),
            "old-half": lambda to: half(home / "old.onnx", to),
            "old-int8": lambda to: quantise(home / "old.onnx", to),
        }
        if name in CHANNELS_LAST:
            steps["old-nhwc"] = lambda to: channels_last(home / "old.onnx", to)
        if name in QUANTISED:
            feed = {k: v.numpy() for k, v in case.inputs.items()}
            steps["old-qdq"] = lambda to: quantise_static(home / "old.onnx", to, [feed], False)
            steps["old-qoperator"] = lambda to: quantise_static(home / "old.onnx", to, [feed], True)
        if name in ENCODERS or name.startswith(("bert", "roberta")):
            steps["old-fused"] = lambda to: fuse(home / "old.onnx", to)
        for step, run in steps.items():
            try:
                run(home / f"{step}.onnx")
            except Exception as error:
                notes[step] = repr(error)[:200]
                (home / f"{step}.onnx").unlink(missing_ok=True)
        (home / "done").write_text(json.dumps(notes, indent=1))
        print(f"{name}: {time.time() - start:.0f} s, failed exports: {sorted(notes)}", flush=True)


# ----------------------------------------------------------------------------------------------------------- check


def check(folder, expose, only):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    hits, misses, unusable = 0, [], []
    for home in sorted(folder.iterdir()):
        if not (home / "golden.npz").exists() or only and home.name not in only:
            continue
        golden = np.load(home / "golden.npz")
        feed = {k[3:]: golden[k] for k in golden.files if k.startswith("in:")}
        wanted = {k.split(":", 2)[2] + f"#{k[4:6]}": golden[k] for k in golden.files if k.startswith("out:")}
        for file in sorted(home.glob("*.onnx")):
            name = f"{home.name}/{file.stem}"
            try:
                onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
            except Exception as error:
                unusable.append((name, str(error)[:120]))
                continue
            run = subprocess.run([expose, str(file), "/tmp/zoo-exposed.onnx"], capture_output=True, text=True)
            if run.returncode != 0:
                misses.append((name, f"exit {run.returncode}: {run.stderr.strip()[:200]}"))
                continue
            shown = json.loads(run.stdout)
            reason = compare(shown, file, feed, wanted, options)
            if reason:
                misses.append((name, reason))
            else:
                hits += 1
                print("ok  ", name, shown["family"], [layer["label"] for layer in shown["layers"]])
    for name, reason in misses:
        print("MISS", name, reason)
    for name, reason in unusable:
        print("not run by ONNX Runtime itself:", name, reason)
    total = hits + len(misses)
    print(f"{hits} of {total} files ({100 * hits / max(total, 1):.1f} %) have the layers PyTorch has; {len(unusable)} left out")


def compare(shown, file, feed, wanted, options):
    """Why the exposed taps are not the hidden states, or None."""
    import onnxruntime

    rough = file.stem.endswith(("half", "int8", "qdq", "qoperator"))
    try:
        session = onnxruntime.InferenceSession("/tmp/zoo-exposed.onnx", options, providers=["CPUExecutionProvider"])
        # A mask that the model itself does not take: no input here is padded where the model has none.
        ones = np.ones_like(next((v for v in feed.values() if v.dtype.kind == "i" and v.ndim == 2), np.ones((1, 1), np.int64)))
        fed = {i.name: ones if i.name in shown["extra_inputs"] else feed[i.name] for i in session.get_inputs()}
        got = session.run([layer["output"] for layer in shown["layers"]], fed)
        own = [o.name for o in onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"]).get_outputs()]
        plain = {name: value for name, value in fed.items() if name not in shown["extra_inputs"]}
        before = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"]).run(own[:1], plain)[0]
        after = session.run(own[:1], fed)[0]
    except Exception as error:
        return f"does not run: {str(error)[:200]}"
    labels = [layer["label"] for layer in shown["layers"]]
    if len(got) != len(wanted):
        return f"{len(got)} layers {labels}, not {len(wanted)} ({shown['family']})"
    for layer, have, (name, want) in zip(shown["layers"], got, wanted.items()):
        if have.shape != want.shape:
            return f"{layer['label']} has shape {have.shape}, {name} {want.shape}"
        if layer["neurons"] not in (None, want.shape[1]):
            return f"{layer['label']} is said to have {layer['neurons']} neurons, {name} has {want.shape[1]}"
        difference = float(np.abs(have - want).max()) / max(1.0, float(np.abs(want).max()))
        alike = np.corrcoef(have.ravel(), want.ravel())[0, 1]
        if (alike < 0.95 if rough else difference > 1e-4):
            return f"{layer['label']} is not {name}: largest difference {difference:.1e}, correlation {alike:.3f} ({shown['family']})"
    change = float(np.abs(after.astype(np.float64) - before).max() / max(1e-6, np.abs(before).max()))
    if change > (1e-2 if rough else 1e-5):
        return f"the model's own output changed by {change:.1e}"
    return None


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("make", "check"):
        sys.exit(__doc__)
    if sys.argv[1] == "make":
        make(pathlib.Path(sys.argv[2]), sys.argv[3:])
    else:
        check(pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
