"""NAS-DIP (Ho et al., arXiv 2001.04776): a genetic algorithm searches deep-image-prior networks for one image."""
