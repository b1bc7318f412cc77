"""The image pool: the first translations pass, then about half come back, and each is told by its value."""

import torch

from lib.training.image_pool import ImagePool


def image(value):
    return torch.full((1, 3, 2, 2), float(value))


def passed(pool, values):
    return [pool(image(value))[0, 0, 0, 0].item() for value in values]


def test_the_first_fifty_pass_and_stay():
    pool = ImagePool(50, 0)
    assert passed(pool, range(50)) == list(range(50))
    assert [kept[0, 0, 0, 0].item() for kept in pool.images] == list(range(50))


def test_of_the_later_ones_about_half_are_swapped_for_an_earlier_one_that_leaves():
    pool = ImagePool(50, 0)
    passed(pool, range(50))
    found = passed(pool, range(50, 1050))
    old = [value for value, new in zip(found, range(50, 1050), strict=True) if value != new]
    assert 430 < len(old) < 570
    assert all(value < new for value, new in zip(found, range(50, 1050), strict=True) if value != new)
    kept = {kept[0, 0, 0, 0].item() for kept in pool.images}
    assert len(kept) == 50
    assert len(set(found)) == 1000  # nothing comes back twice
    assert kept | set(found) == set(range(1050))


def test_a_batch_is_swapped_image_by_image():
    batch, ones = ImagePool(3, 1), ImagePool(3, 1)
    values = list(range(20))
    found = torch.cat([batch(torch.cat([image(a), image(b)])) for a, b in zip(values[::2], values[1::2], strict=True)])
    assert found[:, 0, 0, 0].tolist() == passed(ones, values)


def test_what_comes_back_carries_no_gradient_and_what_stays_is_a_copy():
    pool = ImagePool(1, 0)
    new = image(1).requires_grad_()
    assert not pool(new).requires_grad
    with torch.no_grad():
        new.fill_(7)
    assert pool.images[0].unique().tolist() == [1]


def test_a_pool_of_no_images_passes_all():
    pool = ImagePool(0, 0)
    assert passed(pool, range(20)) == list(range(20))
    assert pool.images == []


def test_a_pool_goes_on_from_its_state():
    pool, other = ImagePool(4, 2), ImagePool(4, 9)
    passed(pool, range(11))
    other.load(pool.state(), torch.device("cpu"))
    assert passed(pool, range(11, 60)) == passed(other, range(11, 60))
