"""Training of decoders: equal to a plain loop, repeatable to the bit, blind to transforms, loud where it diverges."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lib.models.photoreal import PhotorealDecoder, initialise
from lib.spaces.stylenas import NAMED, StyleNas
from lib.training.autoencoder import Schedule, encode_photos, photo_order, train_decoder, train_inverse
from tests.reference import narrow_stylenas
from tests.reference.photoreal_plain import PlainDecoder, fit

SPACE = StyleNas()
S7 = NAMED["S7"]
TWO = Schedule(2, 2, 1e-4, 1e-4)
SMOOTH = torch.rand(5, 3, 4, 4, generator=torch.Generator().manual_seed(0))
PHOTOS = F.interpolate(SMOOTH, size=(32, 32), mode="bilinear")


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    narrow_stylenas.narrow(monkeypatch)


@pytest.fixture(scope="module")
def encoder():
    return narrow_stylenas.encoder()


@pytest.fixture(scope="module")
def taps(encoder):
    return encode_photos(encoder, PHOTOS, batch=2)


def decoder(text=S7, dtype=torch.float32):
    network = PhotorealDecoder(SPACE.decode(SPACE.named(text))).to(dtype)
    initialise(network, 1)
    return network


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def trained(encoder, taps, text=S7, seed=0, schedule=TWO, **options):
    network = decoder(text)
    result = train_decoder(network, encoder, PHOTOS, schedule, seed, taps=taps, **options)
    return weights(network), result


def test_training_repeats_to_the_bit_whatever_the_global_generators_say(encoder, taps):
    torch.manual_seed(1)
    first, fit = trained(encoder, taps)
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    second, again = trained(encoder, taps)
    assert torch.equal(first, second)
    assert (fit.losses, fit.mse) == (again.losses, again.mse)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert trained(encoder, taps, seed=5)[1].losses != fit.losses


@pytest.mark.parametrize("position", [9, 28, 31])
def test_transforms_leave_trained_weights_as_they_are_to_the_bit(encoder, taps, position):
    flipped = S7[:position] + "10"[int(S7[position])] + S7[position + 1 :]
    assert torch.equal(trained(encoder, taps)[0], trained(encoder, taps, flipped)[0])


def test_taps_computed_once_or_anew_give_the_same_losses(encoder, taps):
    cached, anew = (trained(encoder, given)[1] for given in (taps, None))
    assert cached.losses == pytest.approx(anew.losses, rel=1e-5)
    assert cached.mse == pytest.approx(anew.mse, rel=1e-5)


def test_the_loop_equals_a_plain_one_in_float64(encoder):
    double, photos, schedule = encoder.double(), PHOTOS.double(), Schedule(3, 2, 1e-4, 1e-4)
    ours, plain = decoder(dtype=torch.float64), PlainDecoder(S7, narrow_stylenas.SHARE).double()
    with torch.no_grad():
        for convolution in ours.convolutions():
            theirs = getattr(plain, convolution.layer.name)
            theirs.weight.copy_(torch.cat([kernel.permute(0, 3, 1, 2) for kernel in convolution.kernels], 1))
            theirs.bias.copy_(convolution.bias)
    found = train_decoder(ours, double, photos, schedule, 0)
    expected = fit(plain, double, [photos[chosen] for chosen in photo_order(len(photos), schedule, 0)], lr=1e-4)
    encoder.float()
    assert found.losses == pytest.approx(expected, rel=1e-10)


def test_the_loss_falls_and_ends_near_the_photos(encoder, taps):
    result = trained(encoder, taps, schedule=Schedule(12, 4, 3e-4, 1e-5))[1]
    assert result.losses[-1] < 0.8 * result.losses[0]
    assert 0 < result.mse < 2 * result.losses[-1]
    assert result.seconds > 0


def test_bfloat16_follows_float32_within_its_precision(encoder, taps):
    exact, rounded = (trained(encoder, taps, precision=name)[1] for name in ("float32", "bfloat16"))
    assert rounded.losses == pytest.approx(exact.losses, rel=0.02)
    assert rounded.losses != exact.losses


@pytest.mark.parametrize("cached", [True, False])
def test_photos_that_are_not_finite_stop_the_training(encoder, cached):
    photos = PHOTOS.clone()
    photos[:, 1, 5, 5] = float("nan")
    taps = encode_photos(encoder, photos) if cached else None
    with pytest.raises(FloatingPointError, match="the loss of step 0 is nan"):
        train_decoder(decoder(), encoder, photos, TWO, 0, taps=taps)


def test_a_divergence_stops_the_training_at_its_step(encoder, taps):
    with pytest.raises(FloatingPointError, match=r"the loss of step [1-9] is"):
        trained(encoder, taps, schedule=Schedule(9, 2, 1e9, 1e9))


def test_no_steps_leave_the_weights_alone(encoder, taps):
    found, result = trained(encoder, taps, schedule=Schedule(0, 2, 1e-4, 1e-4))
    assert torch.equal(found, weights(decoder()))
    assert result.losses == []
    assert math.isnan(result.mse)


class Head(nn.Module):
    """A stand-in for PhotoWCT's decoder from r2: upsampling and a convolution."""

    depth = 2

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.convolution = nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, features, indices):
        return self.convolution(F.max_unpool2d(features[:, :4], indices[0], 2).repeat(1, 2, 1, 1))


def test_the_inverse_is_trained_on_pixels_and_features(encoder):
    network, schedule = Head(), Schedule(3, 2, 1e-3, 1e-3)
    x = PHOTOS[next(photo_order(len(PHOTOS), schedule, 4))]
    with torch.no_grad():
        features, indices = encoder.encode(x, 2)
        y = network(features, indices)
        expected = F.mse_loss(y, x) + F.mse_loss(encoder(y, 2)[1], features)
    result = train_inverse(network, encoder, PHOTOS, schedule, 4)
    assert result.losses[0] == pytest.approx(float(expected), rel=1e-5)
    assert result.losses[-1] < result.losses[0]


def test_every_epoch_shows_each_photo_once_but_for_an_incomplete_batch():
    order = torch.stack(list(photo_order(7, Schedule(6, 3, 1.0, 1.0), 3)))
    epochs = order.view(3, 6)  # two batches each
    assert all(len(set(epoch.tolist())) == 6 for epoch in epochs)
    assert len({tuple(epoch.tolist()) for epoch in epochs}) == 3
    again = torch.stack(list(photo_order(7, Schedule(4, 3, 0.1, 0.01), 3)))
    assert torch.equal(order[:4], again)


def test_the_rate_falls_on_a_cosine():
    schedule = Schedule(5, 1, 1e-3, 1e-4)
    assert [schedule.rate(step) for step in (0, 2, 4)] == pytest.approx([1e-3, 5.5e-4, 1e-4])
    assert {Schedule(5, 1, 1e-3, 1e-3).rate(step) for step in range(5)} == {1e-3}
    assert Schedule(1, 1, 1e-3, 1e-4).rate(0) == 1e-3


def test_wrong_settings_are_refused(encoder, taps):
    with pytest.raises(ValueError, match="5 photos; a batch takes 6"):
        trained(encoder, taps, schedule=Schedule(1, 6, 1e-4, 1e-4))
    with pytest.raises(ValueError, match="precision is 'half'"):
        trained(encoder, taps, precision="half")
