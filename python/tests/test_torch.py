import numpy as np
import pytest
from conftest import figures

import onnxprobe as op

torch = pytest.importorskip("torch")


def test_a_tensor_is_an_array(layers):
    plain = op.measure(layers)
    tensors = {label: torch.tensor(values) for label, values in layers.items()}
    tensors["layer2"] = tensors["layer2"].T.contiguous().T.requires_grad_()
    assert figures(op.measure(tensors).report) == figures(plain.report)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_tensors_of_every_precision(layers, dtype):
    tensors = {label: torch.tensor(values).to(dtype) for label, values in layers.items()}
    widened = {label: tensor.double().numpy() for label, tensor in tensors.items()}
    np.testing.assert_array_equal(op.measure(tensors).entropy, op.measure(widened).entropy)


def test_a_model_runs_next_to_torch():
    """Both bring threads and kernels of their own into one process."""
    from conftest import REPOSITORY

    with np.load(REPOSITORY / "fixtures" / "digits_colored.npz") as digits:
        inputs = {name: torch.tensor(digits[name]) for name in digits.files}
    torch.ones(200, 200) @ torch.ones(200, 200)
    model = REPOSITORY / "models" / "digits-mlp" / "colored_a0.00_s0.onnx"
    captured = op.capture(model, arrays=inputs, samples=100)
    assert all(np.isfinite(values).all() for values in captured.values())
    assert torch.isfinite(torch.from_numpy(np.array(next(iter(captured.values()))))).all()
