"""A GAN trained in the plainest way: the graph of every fake and all gradients are kept and thrown away afterwards."""

import torch


def fit(generator, discriminator, rounds, lr):
    """Losses of D and of G of every round (real, z of D, z of G, args of the generator, cells): a D-step, a G-step."""
    g_adam, d_adam = (
        torch.optim.Adam(module.parameters(), lr=lr, betas=(0.0, 0.9), foreach=False)
        for module in (generator, discriminator)
    )
    losses = []
    for real, d_z, g_z, args, cells in rounds:
        clear(g_adam, d_adam)
        on_real, on_fake = discriminator(real, cells), discriminator(generator(d_z, *args), cells)
        d_loss = (1 - on_real).clamp(min=0).mean() + (1 + on_fake).clamp(min=0).mean()
        d_loss.backward()
        d_adam.step()
        clear(g_adam, d_adam)
        g_loss = -discriminator(generator(g_z, *args), cells).mean()
        g_loss.backward()
        g_adam.step()
        losses.append((d_loss.item(), g_loss.item()))
    return losses


def clear(*optimisers):
    for optimiser in optimisers:
        optimiser.zero_grad(set_to_none=True)
