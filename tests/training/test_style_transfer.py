"""The batched optimisation: equal to single runs, to a scalar reference and to PyTorch's Adam; exact invariances."""

from dataclasses import replace

import pytest
import torch

from lib.data import pictures
from lib.models import vgg
from lib.training.style import GradientDescent, Hyperparameters, KerasAdam, Objective, Targets, descend, lbfgs

COMPENSATION = (512 / 32) ** 2


@pytest.fixture(scope="module")
def photo():
    return pictures.picture("astronaut", side=32)[None]


@pytest.fixture(scope="module")
def painting():
    return pictures.picture("pixels", side=32)[None]


@pytest.fixture(scope="module")
def network(weights):
    return vgg.load("vgg16")


@pytest.fixture(scope="module")
def targets(network, photo, painting):
    return Targets.of(network, Objective(), photo, painting)


@pytest.fixture(scope="module")
def double(weights, photo, painting):
    """Encoder, targets and start in float64."""
    network = vgg.load("vgg16").double()
    return network, Targets.of(network, Objective(), photo.double(), painting.double()), photo.double()


def hyper(dtype=torch.float32, **columns):
    """Hyperparameters of the middle weight group; each column replaces one for the whole batch."""
    values = {"lr": [1e-3], "style": [1e-3], "content": [5.0], "tv": [30 * COMPENSATION], "eps": [0.1 * COMPENSATION]}
    values |= columns
    size = max(map(len, values.values()))
    return Hyperparameters(**{
        name: torch.tensor(value * (size if len(value) == 1 else 1), dtype=dtype) for name, value in values.items()
    })  # fmt: skip


def one_of(values, i):
    """The hyperparameters of image i alone."""
    return Hyperparameters(**{name: column[i : i + 1] for name, column in vars(values).items()})


def transfer(network, targets, start, values, *, steps, log_every=100, **options):
    return descend(network, targets, start, values, KerasAdam(values), steps=steps, log_every=log_every, **options)


DIFFERENT = {
    "lr": [1e-3, 5e-4, 2e-3], "style": [1e-3, 1e-5, 1e-1], "content": [5.0, 0.05, 1e4],
    "tv": [30 * COMPENSATION, 0.0, 30.0], "eps": [25.6, 25.6, 1e-3],
}  # fmt: skip


def test_a_batch_of_different_settings_equals_single_runs(network, targets, photo):
    values = hyper(**DIFFERENT)
    together = transfer(network, targets, photo.repeat(3, 1, 1, 1), values, steps=3)
    for i in range(3):
        alone = transfer(network, targets, photo, one_of(values, i), steps=3)
        assert (together.images[i] - alone.images[0]).abs().max() < 1e-4
        assert (alone.images[0] - photo[0]).abs().max() > 1e-3
        torch.testing.assert_close(together.losses["style"][:, i : i + 1], alone.losses["style"], rtol=1e-3, atol=0)


def test_a_batch_of_different_settings_equals_single_runs_to_rounding_in_double_precision(double):
    network, targets, start = double
    values = hyper(torch.float64, **DIFFERENT)
    together = transfer(network, targets, start.repeat(3, 1, 1, 1), values, steps=2)
    for i in range(3):
        alone = transfer(network, targets, start, one_of(values, i), steps=2)
        torch.testing.assert_close(together.images[i], alone.images[0], rtol=0, atol=1e-10)
        for term in ("style", "content", "tv"):
            torch.testing.assert_close(together.losses[term][:, i], alone.losses[term][:, 0], rtol=1e-8, atol=1e-12)
            torch.testing.assert_close(
                together.gradients[term][:, i], alone.gradients[term][:, 0], rtol=1e-8, atol=1e-12
            )


def test_scaling_the_loss_with_epsilon_and_tv_by_64_changes_no_bit(network, targets, photo):
    values = hyper(lr=[0.02])
    scaled = replace(values, **{name: 64 * getattr(values, name) for name in ("style", "content", "tv", "eps")})
    one, other = (transfer(network, targets, photo, v, steps=8) for v in (values, scaled))
    assert torch.equal(one.images, other.images)
    assert (one.images - photo).abs().mean() > 0.01
    assert torch.equal(64 * one.gradients["style"], other.gradients["style"])


def test_scaling_the_loss_but_not_tv_changes_the_picture(network, targets, photo):
    values = hyper(lr=[0.02], style=[1e-5], content=[0.05])
    scaled = replace(values, style=1e4 * values.style, content=1e4 * values.content, eps=1e4 * values.eps)
    one, other = (transfer(network, targets, photo, v, steps=5).losses["tv"][-1] for v in (values, scaled))
    assert one < 0.98 * other


def gradients(count=12, size=(2, 3, 4, 5)):
    torch.manual_seed(0)
    return [torch.randn(size, dtype=torch.float64) * 10 ** float(i % 4 - 2) for i in range(count)]


def keras_adam_of_one_number(x, gradients, lr, eps):
    beta1, beta2, m, v = 0.99, 0.999, 0.0, 0.0
    for t, g in enumerate(gradients, 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        x -= lr * (1 - beta2**t) ** 0.5 / (1 - beta1**t) * m / (v**0.5 + eps)
    return x


def test_adam_follows_keras_formula_for_every_pixel_with_a_rate_and_epsilon_an_image():
    values = hyper(torch.float64, lr=[0.01, 0.3], eps=[0.1, 1e-7])
    x, steps = torch.rand(2, 3, 4, 5, dtype=torch.float64), gradients()
    expected = x.clone()
    for index in torch.cartesian_prod(*map(torch.arange, x.shape)).tolist():
        place = tuple(index)
        lr, eps = float(values.lr[place[0]]), float(values.eps[place[0]])
        expected[place] = keras_adam_of_one_number(float(x[place]), [float(g[place]) for g in steps], lr, eps)
    optimiser = KerasAdam(values)
    for gradient in steps:
        optimiser.step(x, gradient)
    torch.testing.assert_close(x, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("eps", [0.1, 1e-8])
def test_adam_equals_pytorchs_with_epsilon_divided_by_the_bias_correction_before_every_step(eps):
    values = hyper(torch.float64, lr=[0.02], eps=[eps])
    ours, theirs = (torch.full((1, 3, 4, 5), 0.5, dtype=torch.float64) for _ in range(2))
    optimiser, reference = KerasAdam(values), torch.optim.Adam([theirs], lr=0.02, betas=(0.99, 0.999))
    for t, gradient in enumerate(gradients(30, ours.shape), 1):
        optimiser.step(ours, gradient)
        theirs.grad, reference.param_groups[0]["eps"] = gradient, eps / (1 - 0.999**t) ** 0.5
        reference.step()
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_gradient_descent_moves_each_image_at_its_own_rate():
    values, x = hyper(lr=[0.5, 0.25]), torch.ones(2, 3, 4, 4)
    GradientDescent(values).step(x, torch.ones_like(x))
    assert x[0].unique().tolist() == [0.5]
    assert x[1].unique().tolist() == [0.75]


def test_style_loss_of_the_style_and_content_loss_of_the_content_are_zero(network, targets, photo, painting):
    assert targets.losses(network, painting)["style"].item() == 0
    assert targets.losses(network, photo)["content"].item() == 0
    assert targets.losses(network, photo)["style"].item() > 1e6


def test_a_run_from_the_content_starts_without_content_loss_and_lowers_the_total(network, targets, photo):
    values = hyper(lr=[0.02])
    result = transfer(network, targets, photo, values, steps=6, log_every=2)
    total = torch.stack(list(values.weighted(result.losses).values())).sum(0)
    assert result.losses["content"][0].item() == 0
    assert total[-1] < 0.7 * total[0]


def test_style_and_content_may_differ_in_size(network, photo):
    style = pictures.picture("hatching", side=48)[None, :, :40]
    result = transfer(network, Targets.of(network, Objective(), photo, style), photo, hyper(), steps=1)
    assert result.images.shape == photo.shape


def test_the_start_picture_is_left_alone_and_the_result_stays_in_range(network, targets, photo):
    start = photo.clone()
    result = transfer(network, targets, start, hyper(lr=[5.0]), steps=2)
    assert torch.equal(start, photo)
    assert result.images.min() == 0
    assert result.images.max() == 1
    assert not result.images.requires_grad


def test_losses_are_logged_at_the_start_every_few_steps_and_at_the_end(network, targets, photo):
    result = transfer(network, targets, photo.repeat(2, 1, 1, 1), hyper(lr=[1e-3, 0.0]), steps=5, log_every=2)
    assert result.steps == [0, 2, 4, 5]
    for curves in (result.losses, result.gradients):
        assert {term: curve.shape for term, curve in curves.items()} == dict.fromkeys(
            ("style", "content", "tv"), (4, 2)
        )
    assert (result.losses["style"][:, 1] == result.losses["style"][0, 1]).all()  # a rate of 0 stands still


def test_logged_losses_are_those_of_the_logged_picture(network, targets, photo):
    result = transfer(network, targets, photo, hyper(), steps=2)
    for term, value in targets.losses(network, result.images).items():
        torch.testing.assert_close(value, result.losses[term][-1], rtol=1e-4, atol=0)


def test_logged_gradients_are_of_the_weighted_terms(double):
    network, targets, start = double
    values = hyper(torch.float64)
    logged = transfer(network, targets, (start * 0.9 + 0.05), values, steps=1).gradients
    x = (start * 0.9 + 0.05).requires_grad_()
    for term, value in values.weighted(targets.losses(network, x)).items():
        (gradient,) = torch.autograd.grad(value.sum(), x, retain_graph=True)
        torch.testing.assert_close(logged[term][0, 0], gradient.square().mean().sqrt())


def test_averaging_returns_the_bias_corrected_moving_average_of_the_iterates(network, targets, photo):
    values = hyper(lr=[0.02])
    iterates = [transfer(network, targets, photo, values, steps=n).images for n in (1, 2, 3)]
    average = transfer(network, targets, photo, values, steps=3, average=0.9).images
    weights = torch.tensor([0.81, 0.9, 1.0])
    expected = sum(w * x for w, x in zip(weights, iterates, strict=True)) / weights.sum()
    torch.testing.assert_close(average, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_lbfgs_lowers_the_loss_with_as_many_evaluations_as_asked_for(network, targets, photo, search):
    values = hyper(tv=[0.0])
    result = lbfgs(network, targets, photo, values, evaluations=6, line_search=search)
    assert result.images.min() >= 0
    assert result.images.max() <= 1
    assert result.losses["style"][-1] < 0.8 * result.losses["style"][0]
    assert result.steps == list(range(len(result.losses["style"])))
    assert len(result.steps) == 6 if search is None else 6 <= len(result.steps) < 6 + 25


def test_lbfgs_does_not_see_the_scale_of_the_loss(network, targets, photo):
    values = hyper(tv=[0.0])
    scaled = replace(values, style=values.style * 2**-20, content=values.content * 2**-20)
    one, other = (lbfgs(network, targets, photo, v, evaluations=5) for v in (values, scaled))
    torch.testing.assert_close(one.losses["style"], other.losses["style"], rtol=0.05, atol=0)


def test_lbfgs_refuses_more_than_one_picture(network, targets, photo):
    with pytest.raises(ValueError, match=r"start holds 2 images; L-BFGS takes exactly 1 a run"):
        lbfgs(network, targets, photo.repeat(2, 1, 1, 1), hyper(), evaluations=2)


def test_objective_reads_each_layer_once():
    assert Objective().layers == (*vgg.STYLE_LAYERS, "conv5_2")
    assert Objective({"conv4_2": 1.0}, "conv4_2").layers == ("conv4_2",)
