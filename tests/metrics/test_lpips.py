"""LPIPS against the `lpips` package; with random trunks here, with pretrained ones where the packaged weights are."""

import lpips as package
import pytest
import torch

from lib.metrics.lpips import lpips
from lib.models.backbones import lpips_network

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:torchvision.models._utils")


@pytest.fixture(scope="module")
def random_trunk() -> package.LPIPS:
    """AlexNet with a random trunk: the arithmetic is the same, the values mean nothing."""
    torch.manual_seed(0)
    return package.LPIPS(net="alex", pnet_rand=True, verbose=False)


def test_it_equals_the_package_on_the_same_weights_in_minus_1_to_1(random_trunk):
    a, b = torch.rand(2, 5, 3, 40, 64)
    with torch.no_grad():
        expected = random_trunk(2 * a - 1, 2 * b - 1).flatten()
        torch.testing.assert_close(lpips(a, b, random_trunk, batch=2), expected, rtol=1e-5, atol=1e-7)


def test_an_image_has_no_distance_to_itself(random_trunk):
    x = torch.rand(2, 3, 32, 32, dtype=torch.float64)
    assert (lpips(x, x, random_trunk) == 0).all()


def test_pictures_in_minus_1_to_1_are_refused(random_trunk):
    x = torch.rand(1, 3, 64, 64)
    with pytest.raises(ValueError, match=r"a ranges over \[-0.99.*allowed is \[0, 1\]"):
        lpips(2 * x - 1, 2 * x - 1, random_trunk)


def test_the_smallest_side_of_alexnet_is_31(random_trunk):
    x = torch.rand(1, 3, 31, 40)
    lpips(x, x, random_trunk)
    with pytest.raises(ValueError, match="a is 30x40 pixels; both sides must be at least 31"):
        lpips(x[:, :, :30], x[:, :, :30], random_trunk)


def test_a_network_of_another_kind_or_in_training_mode_is_refused(random_trunk):
    x = torch.rand(1, 3, 64, 64)
    with pytest.raises(ValueError, match="pnet_type None"):
        lpips(x, x, torch.nn.Identity())
    training = package.LPIPS(net="alex", pnet_rand=True, verbose=False, eval_mode=False)
    with pytest.raises(ValueError, match="training mode"):
        lpips(x, x, training)


def test_pretrained_lpips_ranks_more_noise_as_farther(weights):
    network = lpips_network("alex")
    x = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)).kron(torch.ones(8, 8))
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    noisy = torch.cat([(x + level * noise).clamp(0, 1) for level in (0.02, 0.1, 0.4)])
    distances = lpips(x.expand_as(noisy), noisy, network)
    assert 0 < distances[0] < distances[1] < distances[2]
