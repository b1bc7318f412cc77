"""AutoGAN's networks: the specification's counts, plain programs' outputs, shared weights, growth, draws of weights."""

import copy
import math

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from lib.models.autogan import Generator, SharedGenerator, initialise, macs, parameters, to_unit
from lib.models.sngan_discriminator import USED, Discriminator, discriminator_macs
from lib.spaces.autogan import LENGTHS, NAMED, AutoGan
from lib.spaces.base import keyed
from tests.reference.autogan import PlainGenerator, SnganGenerator
from tests.reference.gan_eager import EagerDiscriminator, alike

SPACE = AutoGan()
WIDTH, LATENT = 8, 8
GOLDEN = {  # parameters of G with stems of 4x4 and 6x6, GMAC at 32x32 and 48x48, all with 256 channels (section 2.2)
    "a": (4_405_251, 5_065_731, 1.765, 3.971), "b": (4_471_043, 5_131_523, 1.832, 4.122),
    "c": (4_406_275, 5_066_755, 1.765, 3.971), "sngan": (4_276_739, None, 1.681, 3.783),
}  # fmt: skip
TOKENS = "0 0 2 1 ; 0 1 2 1 1 ; 1 2 2 1 3"  # transposed convolutions everywhere, both skips of the last cell
ALL = [SPACE.parse(TOKENS), *map(SPACE.named, NAMED), *(SPACE.sample(keyed(0, k)) for k in range(11))]


def noise(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def shared(seed=0, **options):
    """A tiny generator of the search in float64, its running statistics not those of the start."""
    network = SharedGenerator(WIDTH, latent=LATENT, **options).double()
    initialise(network, seed)
    for name, buffer in network.named_buffers():
        if "running" in name:
            buffer.add_(noise(*buffer.shape, seed=len(name)).abs())
    return network


def discriminator(seed=0, width=WIDTH):
    network = Discriminator(width).double()
    initialise(network, seed)
    return network


@pytest.mark.parametrize("name", NAMED)
def test_the_known_generators_have_the_specification_s_parameters_and_macs(name):
    genome, (small, large, gmacs, gmacs48) = SPACE.named(name), GOLDEN[name]
    with torch.device("meta"):
        networks = Generator(genome, 256), Generator(genome, 256, bottom=6)
    assert parameters(networks[0]) == small
    assert large in (parameters(networks[1]), None)
    assert round(macs(genome, 256) / 1e9, 3) == gmacs
    assert round(macs(genome, 256, bottom=6) / 1e9, 3) == gmacs48


def test_the_shared_generator_has_the_official_parameters_but_for_idle_transposed_convolutions():
    for width, official in ((128, 3_716_995), (256, 14_315_267)):
        with torch.device("meta"):
            network = SharedGenerator(width)
        transposed = 4 * width**2 + width
        idle = (5, 4, 2)  # of each cell: in the blocks that keep the size, and of skips that it cannot have
        assert parameters(network) + sum(idle) * transposed == official
        if width == 128:
            cells = [parameters(cell) + n * transposed for cell, n in zip(network.cells, idle, strict=True)]
            assert cells == [1_133_184, 1_149_696, 1_166_208]


@pytest.mark.parametrize("bottom", [4, 6])
def test_shapes_are_those_of_section_2_3(bottom):
    network, outs = SharedGenerator(WIDTH, bottom, LATENT).double(), []
    for cell in network.cells:
        cell.register_forward_hook(lambda module, inputs, found: outs.append([out.shape for out in found]))
    image = network(noise(2, LATENT), SPACE.named("a"))
    assert image.shape == (2, 3, 8 * bottom, 8 * bottom)
    assert outs == [[(2, WIDTH, side, side)] * 2 for side in (2 * bottom, 4 * bottom, 8 * bottom)]


def test_the_discriminator_has_the_specification_s_parameters_and_macs():
    assert [parameters(Discriminator(width)) for width in (64, 128)] == [264_768, 1_053_824]
    found = [discriminator_macs(64, side, cells) / 1e6 for side, cells in ((8, 1), (16, 2), (32, 3))]
    assert [round(value, 2) for value in found] == [3.65, 16.05, 68.93]
    assert [round(discriminator_macs(128, side) / 1e6, 1) for side in (32, 48)] == [272.1, 612.2]


@pytest.mark.parametrize("genome", [ALL[0], *ALL[5:8]], ids=SPACE.text)
def test_macs_are_those_of_the_plain_program(genome):
    for length in LENGTHS:
        network = shared()
        plain = PlainGenerator(network.state_dict(), genome[:length], 4, post_sum=False, training=False)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            plain(noise(1, LATENT))
        assert counter.get_total_flops() == 2 * macs(genome[:length], WIDTH, latent=LATENT)


@pytest.mark.parametrize("cells", USED)
def test_the_discriminator_s_macs_are_those_of_the_plain_program(cells):
    plain = alike(EagerDiscriminator(WIDTH, cells), discriminator()).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        plain(noise(1, 3, 16, 16))
    counts = counter.get_flop_counts()["Global"]
    assert counts[torch.ops.aten.convolution] == 2 * (discriminator_macs(WIDTH, 16, cells) - WIDTH)


def test_a_forward_of_a_costs_less_than_the_paper_counts():
    network = Generator(SPACE.named("a"), 256)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(noise(1, 128, dtype=torch.float32))
    found, repeated = counter.get_total_flops() / 2, (9 - 4) * 256**2 * (8**2 + 32**2)  # in its two nearest cells
    assert round((found + repeated) / 1e9, 3) == 1.623  # with the 1x1 convolutions before the resize (section 10)
    assert round(found / 1e9, 3) == 1.267


def test_a_forward_of_the_discriminator_costs_less_than_the_paper_counts():
    network = Discriminator(64).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(noise(1, 3, 32, 32, dtype=torch.float32))
    convolutions = counter.get_flop_counts()["Global"][torch.ops.aten.convolution]
    assert (round(convolutions / 2e6, 1), round(discriminator_macs(64, 32) / 1e6, 1)) == (41.9, 68.9)


@pytest.mark.parametrize("skip_out", ["pre_sum", "post_sum"])
@pytest.mark.parametrize("training", [False, True])
def test_every_genome_gives_the_images_of_the_plain_program(skip_out, training):
    network = shared(skip_out=skip_out).train(training)
    for k, genome in enumerate(ALL):
        tokens, z = genome[: LENGTHS[-1 - k % 3 if k > 4 else -1]], noise(2, LATENT, seed=k)
        plain = PlainGenerator(network.state_dict(), tokens, 4, post_sum=skip_out == "post_sum", training=training)
        torch.testing.assert_close(network(z, tokens), plain(z), rtol=0, atol=1e-10)


def test_gradients_are_those_of_the_plain_program():
    network = shared()
    for genome in ALL[:2]:
        network.zero_grad()
        network(noise(2, LATENT), genome).square().sum().backward()
        named = {name: p.detach().clone().requires_grad_() for name, p in network.named_parameters()}
        plain = PlainGenerator(network.state_dict() | named, genome, 4, post_sum=False, training=True)
        plain(noise(2, LATENT)).square().sum().backward()
        for name, p in network.named_parameters():
            if p.grad is None:
                assert named[name].grad is None, name
            else:
                torch.testing.assert_close(p.grad, named[name].grad, rtol=0, atol=1e-10)


def test_where_the_skip_leaves_matters_only_where_a_cell_with_a_skip_hands_one_on():
    z, networks = noise(2, LATENT), [shared(skip_out=skip_out) for skip_out in ("pre_sum", "post_sum")]
    for k1 in (0, 1):
        for k2 in range(4):
            genome = (*SPACE.named("a")[:8], k1, *SPACE.named("a")[9:13], k2)
            assert torch.equal(*(network(z, genome) for network in networks)) == (not (k1 and k2 % 2))


@pytest.mark.parametrize("count", [24, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("length", LENGTHS)
def test_random_genomes_train_at_every_stage_and_move_their_own_layers_only(length, count):
    network, judge, cells = SharedGenerator(4, 2, 4), Discriminator(4), LENGTHS.index(length) + 1
    for k in range(count):
        genome = SPACE.sample(keyed(1, k))[:length]
        network.zero_grad()
        images = network(noise(2, 4, seed=k, dtype=torch.float32), genome)
        assert images.shape == (2, 3, 2 << cells, 2 << cells)
        assert images.abs().max() <= 1
        (-judge(images, cells).mean()).backward()
        grads = {name: p.grad for name, p in network.named_parameters() if p.grad is not None}
        with torch.device("meta"):
            used = {name for name, _ in Generator(genome, 4, 2, 4).named_parameters()}
        assert set(grads) == used
        assert all(grad.isfinite().all() for grad in grads.values())


@pytest.mark.parametrize("training", [False, True])
def test_the_sngan_genome_is_sn_gan_s_generator(training):
    network, plain = shared().train(training), SnganGenerator(WIDTH, LATENT).double().train(training)
    places = {"main.0": "pre1_norm", "main.3": "pre1", "main.4": "pre2_norm", "main.6": "pre2", "beside.1": "shortcut"}
    names = {"dense": "stem", "last.0": "rgb_norm", "last.2": "rgb"}
    names |= {f"residual.{i}.{theirs}": f"cells.{i}.{ours}" for i in range(3) for theirs, ours in places.items()}
    state = network.state_dict()
    plain.load_state_dict({key: state[f"{names[key.rpartition('.')[0]]}.{key.rpartition('.')[2]}"]
                           for key in plain.state_dict()})  # fmt: skip
    genome = SPACE.named("sngan")
    derived = Generator(genome, WIDTH, latent=LATENT)
    assert parameters(derived) == parameters(plain)
    z = noise(4, LATENT)
    torch.testing.assert_close(network(z, genome), plain(z), rtol=0, atol=1e-10)


def test_a_derived_generator_is_the_shared_one_with_its_weights_and_nothing_else():
    for k, genome in enumerate(ALL[:12]):
        skip_out, tokens, z = ("pre_sum", "post_sum")[k % 2], genome[: LENGTHS[-1 - k // 2 % 3]], noise(2, LATENT)
        network = shared(skip_out=skip_out)
        derived = Generator(tokens, WIDTH, latent=LATENT, skip_out=skip_out).double()
        derived.load_state_dict({name: network.state_dict()[name] for name in derived.state_dict()})
        for training in (False, True):
            assert torch.equal(derived.train(training)(z), network.train(training)(z, tokens))
        assert all(torch.equal(value, network.state_dict()[name]) for name, value in derived.state_dict().items())
        derived(z).sum().backward()
        assert all(p.grad is not None for p in derived.parameters())


def test_wrong_settings_and_genomes_are_refused():
    with pytest.raises(ValueError, match="skip_out is 'sum'; allowed are pre_sum, post_sum"):
        SharedGenerator(4, skip_out="sum")
    with pytest.raises(ValueError, match="the genome has 13 tokens; autogan has 4, 9 or 14"):
        SharedGenerator(4)(noise(1, 128, dtype=torch.float32), (0,) * 13)
    for use in (lambda genome: Generator(genome, 4), lambda genome: macs(genome, 4)):
        with pytest.raises(ValueError, match="gene n0 is 3; allowed are 0 to 2"):
            use((0, 3, 0, 0))
    for use in (lambda cells: Discriminator(4)(noise(1, 3, 8, 8, dtype=torch.float32), cells),
                lambda cells: discriminator_macs(4, 8, cells)):  # fmt: skip
        with pytest.raises(ValueError, match="cells is 0; allowed are 1, 2 and 3"):
            use(0)


@pytest.mark.parametrize(("cells", "side"), [(1, 8), (2, 16), (3, 32), (3, 48)])
def test_the_discriminator_gives_the_scores_of_the_plain_program(cells, side):
    network, images = discriminator(), noise(2, 3, side, side)
    scores = network(images, cells)  # moves the singular vectors, then uses them
    assert scores.shape == (2,)
    plain = alike(EagerDiscriminator(WIDTH, cells), network).eval()(images)
    torch.testing.assert_close(scores, plain, rtol=0, atol=1e-10)
    torch.testing.assert_close(network.eval()(images, cells), plain, rtol=0, atol=1e-10)


def test_growth_adds_blocks_behind_the_first_and_touches_no_other():
    network, images = discriminator().eval(), noise(2, 3, 16, 16)
    before = {cells: network(images, cells) for cells in USED}
    for number in (1, 2, 3, 4):
        changed = copy.deepcopy(network)
        with torch.no_grad():
            changed.blocks[number - 1].conv2.bias += 1
        for cells, blocks in USED.items():
            assert torch.equal(changed(images, cells), before[cells]) == (number not in blocks)
    trained = discriminator()
    trained(images, 1).sum().backward()
    with_gradient = {name[:8] for name, p in trained.named_parameters() if p.grad is not None}
    assert with_gradient == {"blocks.0", "blocks.3", "score.pa"}


def test_training_forwards_move_the_singular_vectors_once_and_evaluation_never():
    network, images = discriminator(), noise(2, 3, 8, 8)
    layer = network.blocks[0].conv2
    u, v = (vector.clone() for vector in network.blocks[0].conv2.parametrizations.weight[0].buffers())
    weight = layer.parametrizations.weight.original.detach().flatten(1)
    network(images, 1)
    moved_u = torch.nn.functional.normalize(weight @ v, dim=0)
    now_u, now_v = layer.parametrizations.weight[0].buffers()
    torch.testing.assert_close(now_u, moved_u)
    torch.testing.assert_close(now_v, torch.nn.functional.normalize(weight.T @ moved_u, dim=0))
    assert not torch.equal(now_u, u)
    frozen = copy.deepcopy(network.eval().state_dict())
    first = network(images)
    assert torch.equal(network(images), first)
    assert all(torch.equal(value, frozen[name]) for name, value in network.state_dict().items())


def test_a_discriminator_is_copied_saved_and_loaded_whole():
    network, other, images = discriminator(1), discriminator(2), noise(2, 3, 16, 16)
    network(images)
    twin = copy.deepcopy(network)
    other.load_state_dict(network.state_dict())
    assert torch.equal(twin(images), other(images))
    for module in (twin, other):
        module(images).sum().backward()
        torch.optim.Adam(module.parameters(), lr=0.1).step()
    assert torch.equal(twin.eval()(images), other.eval()(images))
    assert not torch.equal(twin(images), network.eval()(images))


def test_a_discriminator_s_weights_have_norm_1_and_follow_the_original():
    network = discriminator().eval()
    for name, module in network.named_modules():
        if hasattr(module, "parametrizations"):
            norm = torch.linalg.matrix_norm(module.weight.flatten(1), 2).item()
            assert norm == pytest.approx(1, abs=0.1), name
    assert sum(hasattr(module, "parametrizations") for module in network.modules()) == 11
    scores = network(noise(1, 3, 8, 8))
    initialise(network, 9)
    assert not torch.equal(network(noise(1, 3, 8, 8)), scores)


def test_spectral_norm_is_computed_in_full_precision_under_autocast():
    network, images = Discriminator(8), noise(4, 3, 16, 16, dtype=torch.float32)
    plain = copy.deepcopy(network)
    with torch.autocast("cpu", torch.bfloat16):
        scores = network(images)
    exact = plain(images)
    assert all(torch.equal(value, plain.state_dict()[name]) for name, value in network.state_dict().items())
    assert not torch.equal(scores.float(), exact)
    torch.testing.assert_close(scores.float(), exact, rtol=0.05, atol=0.05 * exact.abs().max().item())


def test_weights_are_drawn_as_section_3_4_says():
    network, judge = SharedGenerator(64), Discriminator(64)
    drawn = network.state_dict() | judge.state_dict()
    bounds = {
        "cells.1.pre1.weight": math.sqrt(6 / (2 * 64 * 9)), "cells.2.skip0.weight": math.sqrt(6 / 128),
        "cells.0.post2.bias": (64 * 9) ** -0.5, "cells.0.pre1_up.0.weight": (64 * 4) ** -0.5,
        "cells.2.skip0_up.1.weight": (64 * 4) ** -0.5, "stem.weight": 128**-0.5, "stem.bias": 128**-0.5,
        "blocks.1.conv1.parametrizations.weight.original": math.sqrt(6 / (2 * 64 * 9)),
        "blocks.0.conv1.parametrizations.weight.original": math.sqrt(6 / (67 * 9)),
        "score.parametrizations.weight.original": 64**-0.5,
    }  # fmt: skip
    for name, bound in bounds.items():
        share, count = drawn[name] / bound, drawn[name].numel()
        assert share.abs().max() <= 1, name
        assert share.abs().max() > 1 - 20 / count, name
        assert abs(share.mean()) < 5 * (3 * count) ** -0.5, name
    norms = torch.cat([p for name, p in drawn.items() if "_norm.weight" in name])
    assert len(norms) == 13 * 64
    assert norms.mean().item() == pytest.approx(1, abs=0.003)
    assert norms.std().item() == pytest.approx(0.02, rel=0.1)
    assert not any(p.any() for name, p in drawn.items() if "_norm.bias" in name)


def test_draws_depend_on_seed_and_name_alone_and_leave_the_global_generator():
    before = torch.random.get_rng_state()
    network, other = SharedGenerator(WIDTH), SharedGenerator(WIDTH)
    derived, judge = Generator(SPACE.named("c"), WIDTH), Discriminator(WIDTH)
    for module in (network, derived, judge):
        initialise(module, 5)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in derived.state_dict().items())
    equal = [torch.equal(value, other.state_dict()[name]) for name, value in network.named_parameters()]
    constant = [name.endswith("norm.bias") for name, _ in network.named_parameters()]
    assert equal == constant
    assert len({p.flatten()[0].item() for name, p in network.named_parameters() if "pre1.w" in name}) == 3
    again = Discriminator(WIDTH)
    again(noise(1, 3, 8, 8, dtype=torch.float32))
    initialise(again, 5)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in judge.state_dict().items())


def test_drawing_anew_forgets_running_statistics():
    network = SharedGenerator(WIDTH, latent=LATENT)
    fresh = copy.deepcopy(network.state_dict())
    network(noise(4, LATENT, dtype=torch.float32), SPACE.named("sngan"))
    assert not torch.equal(network.rgb_norm.running_var, fresh["rgb_norm.running_var"])
    initialise(network, 0)
    assert all(torch.equal(value, fresh[name]) for name, value in network.state_dict().items())


def test_images_take_steps_of_uint8_by_truncation():
    images = torch.tensor([-1.5, -1, -0.001, 0, 0.999, 1, 1.5, 126.49 / 127.5 - 1])
    assert (to_unit(images) * 255).round().tolist() == [0, 0, 127, 127, 254, 255, 255, 126]
    steps = np.arange(256, dtype=np.float32)
    levels = torch.from_numpy((steps + np.float32(0.5)) / np.float32(127.5) - 1)
    assert torch.equal(to_unit(levels), torch.from_numpy(steps) / 255)
    assert to_unit(levels[:3].bfloat16()).dtype == torch.float32
