"""Training of the task's own classifier, and its features for scores that then carry the task's name."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor
from torch.nn import functional as F

from lib.device import keyed_seed, pick
from lib.metrics.features import Features
from lib.models.task_classifier import SIDE, TaskClassifier

BATCH = 64  # at most; the last, smaller batch of an epoch is left out
LR = 0.1  # the highest, of SGD with Nesterov's momentum
MOMENTUM = 0.9
DECAY = 5e-4
WARM = 0.2  # share of the steps in which the rate rises
KEPT_OUT = 10  # every so-many-th picture measures, where none are given for it


@dataclass(frozen=True)
class Fit:
    """A trained classifier in eval mode, the loss of every step, the share of held-out pictures that it gets right."""

    network: TaskClassifier
    losses: list[float]
    accuracy: float
    seconds: float


def train_classifier(pictures: Tensor, labels: Tensor, classes: int, seed: int, epochs: int, *, device: str = "cpu",
                     held_out: tuple[Tensor, Tensor] | None = None) -> Fit:  # fmt: skip
    """Train a classifier on uint8 pictures (N, 3, 32, 32) with int64 labels (N,); those labelled -1 are left out.

    SGD on batches of 64 (of half the pictures where they are fewer than 128), mirrored at random; the rate rises
    linearly, then falls linearly to zero. The accuracy is that on `held_out` pictures and labels; without, every tenth
    picture is kept out of training for it. On the CPU the result follows from arguments and thread count to the bit;
    global generators are not touched. Raises ValueError where fewer than two pictures have a label, FloatingPointError
    as soon as a loss is not finite.
    """
    pictures, labels = _labelled(pictures, labels)
    if held_out is None:
        kept = torch.arange(len(labels)) % KEPT_OUT == KEPT_OUT - 1
        held_out, pictures, labels = (pictures[kept], labels[kept]), pictures[~kept], labels[~kept]
    held_out = _labelled(*held_out)
    begin, place = perf_counter(), pick(device)
    network = TaskClassifier(classes, seed).to(place)
    losses = _descend(network, pictures.to(place), labels.to(place), seed, epochs)
    return Fit(network.eval(), losses, accuracy(network, *held_out), perf_counter() - begin)


@torch.no_grad()
def accuracy(network: TaskClassifier, pictures: Tensor, labels: Tensor, batch: int = 500) -> float:
    """The share of uint8 pictures (N, 3, 32, 32) whose label has the largest logit; those labelled -1 are left out.

    The network is in eval mode.
    """
    pictures, labels = _labelled(pictures, labels)
    place = network.head.weight.device
    found = [network(part.to(place).float() / 255)[1].argmax(1).cpu() for part in pictures.split(batch)]
    return (torch.cat(found) == labels).double().mean().item()


def task_features(network: TaskClassifier, name: str = "task") -> Features:
    """The features of a trained classifier for scores; pictures of other sides reach it by `area` resize (8 and 16 px
    pictures of CIFAR-10 are recognised more often than by `clean`)."""
    digest = hashlib.sha256()
    for key, tensor in network.state_dict().items():
        digest.update(key.encode() + tensor.cpu().contiguous().numpy().tobytes())
    return Features(name, network, SIDE, "area", digest.hexdigest())


def _labelled(pictures: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The pictures that have a label, with their labels; ValueError where hardly any has one."""
    known = labels >= 0
    if known.sum() < 2:
        raise ValueError(f"{int(known.sum())} pictures have a label; at least 2 are needed")
    return (pictures, labels) if known.all() else (pictures[known], labels[known])


def _descend(network: TaskClassifier, pictures: Tensor, labels: Tensor, seed: int, epochs: int) -> list[float]:
    optimiser = torch.optim.SGD(network.parameters(), LR, momentum=MOMENTUM, weight_decay=DECAY, nesterov=True)
    batches = list(_batches(len(labels), seed, epochs))
    losses = []
    for step, batch in enumerate(batches):
        chosen, mirrored = (part.to(pictures.device) for part in batch)
        images = pictures[chosen].float() / 255
        images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(3), images)
        loss = F.cross_entropy(network(images)[1], labels[chosen])
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            raise FloatingPointError(f"the loss of step {step} is {losses[-1]}")
        optimiser.zero_grad()
        loss.backward()
        optimiser.param_groups[0]["lr"] = LR * _rate(step, len(batches))
        optimiser.step()
    return losses


def _batches(count: int, seed: int, epochs: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The pictures of each step and whether each is mirrored; an order of its own in every epoch."""
    generator = torch.Generator().manual_seed(keyed_seed("classifier batches", seed))
    size = min(BATCH, count // 2)
    for _ in range(epochs):
        order = torch.randperm(count, generator=generator)
        for chosen in order[: count // size * size].split(size):
            yield chosen, torch.rand(size, generator=generator) < 0.5


def _rate(step: int, steps: int) -> float:
    """The share of the highest rate: up to 1 within the first fifth, then down to zero after the last step."""
    done = (step + 1) / (steps + 1)
    return min(done / WARM, (1 - done) / (1 - WARM))
