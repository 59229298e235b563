import numpy as np
import pytest

import onnxprobe as op


def same(one, other):
    np.testing.assert_array_equal(one.entropy, other.entropy)
    np.testing.assert_array_equal(one.mutual_information, other.mutual_information)


def turned(values):
    return values.astype(values.dtype.newbyteorder("S"))


def unaligned(values):
    """The numbers of a packed record, at odd places in memory."""
    packed = np.zeros(values.shape, dtype=[("mark", np.uint8), ("value", values.dtype)])
    packed["value"] = values
    return packed["value"]


def strided(values):
    return np.repeat(np.repeat(values, 2, axis=0), 3, axis=1)[::2, ::3]


def backwards(values):
    return np.ascontiguousarray(values[::-1, ::-1])[::-1, ::-1]


FORMS = [np.asfortranarray, turned, unaligned, strided, backwards]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_numbers_count_and_not_how_they_lie_in_memory(layers, form, dtype):
    plain = {label: values.astype(dtype) for label, values in layers.items()}
    same(op.measure({label: form(values) for label, values in plain.items()}), op.measure(plain))


def test_every_precision_is_measured_as_float32(layers):
    halves = {label: values.astype(np.float16) for label, values in layers.items()}
    same(op.measure(halves), op.measure({label: values.astype(np.float32) for label, values in halves.items()}))
    doubles = {label: values.astype(np.float64) for label, values in layers.items()}
    exact = op.measure(doubles)
    same(exact, op.measure(layers))
    assert not any("float64" in warning for warning in exact.warnings)
    doubles["layer1"] = doubles["layer1"] + 1e-12
    assert any("layer1" in warning and "float32" in warning for warning in op.measure(doubles).warnings)


def test_lists_are_arrays(layers):
    same(op.measure({label: values.tolist() for label, values in layers.items()}), op.measure(layers))


def test_a_neuron_that_is_not_finite_has_no_figures(layers):
    values = layers["layer1"].copy()
    values[5, 2] = np.nan
    run = op.measure({"layer1": values})
    assert np.isnan(run.entropy[2]) and np.isfinite(np.delete(run.entropy, 2)).all()
    assert run.layers[0]["health"]["non_finite"] == 1


def test_figures_have_the_documented_shapes(layers):
    run = op.measure(layers, mi_neurons=5)
    assert run.entropy.shape == (8 + 8,)
    assert run.mutual_information.shape == (10, 10)
    np.testing.assert_array_equal(run.mutual_information, run.mutual_information.T)
    assert run.neurons[0] == ("layer1", 0) and run.neurons[8] == ("layer2", 0)
    assert run.pair_neurons[5] == ("layer2", 0)
    # Closed form: the entropy of equal numbers in B bins is at most ln B, and a constant neuron has none.
    assert (run.entropy >= 0).all() and (run.entropy <= np.log(100) + 1e-9).all()


def test_correlated_normal_neurons_have_the_closed_form():
    """I of two normal variables with correlation r is -ln(1 - r²) / 2."""
    random = np.random.default_rng(7)
    one, other = random.normal(size=(2, 2500))
    r = 0.8
    layer = np.stack([one, r * one + np.sqrt(1 - r**2) * other], axis=1)
    run = op.measure({"pair": layer})
    assert abs(run.mutual_information[0, 1] + 0.5 * np.log(1 - r**2)) < 0.06


def test_activations_come_out_without_a_copy(layers):
    run = op.measure(layers)
    values = run.activations["layer1"]
    assert not values.flags.owndata and not values.flags.writeable
    with pytest.raises(ValueError):
        values[0, 0] = 1
    np.testing.assert_array_equal(values, layers["layer1"])
    del run
    # Memory that were given back would be used by the next runs.
    for seed in range(3):
        op.measure({label: array * 2 for label, array in layers.items()}, seed=seed)
    np.testing.assert_array_equal(values, layers["layer1"])


def test_a_label_may_be_any_text(layers):
    names = {"file": layers["layer1"], "allow_pickle": layers["layer2"]}
    assert list(op.compare({"file": names, "b/c": names}).runs["b/c"][0].to_pandas().index) == list(names)
