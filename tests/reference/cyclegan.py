"""CycleGAN in the plainest way: every picture alone, every gradient computed, all but those that count thrown away."""

import torch
from torch import nn

BETAS = (0.5, 0.999)


class Plain:
    """Four networks and an Adam for each group of parameters, {"G_A": {"w": [...], "alpha": [...]}, ...}."""

    def __init__(self, networks, groups, rates, *, gan, cycle, identity):
        self.networks, self.groups, self.cycle, self.identity = networks, groups, cycle, identity
        self.criterion = nn.MSELoss() if gan == "lsgan" else nn.BCEWithLogitsLoss()
        self.adams = {
            (name, group): torch.optim.Adam(parameters, lr=rates[group], betas=BETAS, foreach=False)
            for name, found in groups.items()
            for group, parameters in found.items()
        }

    def update(self, a, b, pools, moving):
        """The losses before: adversarial, cycle and identity ones of both generators, then of both discriminators."""
        G_A, G_B, D_A, D_B = (self.networks[name] for name in ("G_A", "G_B", "D_A", "D_B"))
        fake_b, fake_a = G_A(a), G_B(b)
        same_b, same_a = G_A(b), G_B(a)
        back_a, back_b = G_B(fake_b), G_A(fake_a)
        of_g = [self.says(D_B, fake_b, 1.0), self.says(D_A, fake_a, 1.0), away(back_a, a), away(back_b, b),
                away(same_a, a), away(same_b, b)]  # fmt: skip
        of_both = of_g[0] + of_g[1]
        self.down(of_both + self.cycle * (of_g[2] + of_g[3]) + self.identity * (of_g[4] + of_g[5]), "G", moving)
        pooled = [pool(fake.detach()) for pool, fake in zip(pools, (fake_a, fake_b), strict=True)]
        of_d = [0.5 * (self.says(D, real, 1.0) + self.says(D, fake, 0.0))
                for D, real, fake in ((D_A, a, pooled[0]), (D_B, b, pooled[1]))]  # fmt: skip
        self.down(of_d[0] + of_d[1], "D", moving)
        return [loss.item() for loss in of_g + of_d]

    def says(self, discriminator, picture, target):
        logits = discriminator(picture)
        return self.criterion(logits, torch.full_like(logits, target))

    def down(self, loss, player, moving):
        for adam in self.adams.values():
            adam.zero_grad()
        loss.backward()
        for (name, group), adam in self.adams.items():
            if name.startswith(player) and group in moving:
                adam.step()


def away(made, true):
    return (made - true).abs().mean()
