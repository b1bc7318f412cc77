"""The papers of the workbook, by slug. Each is a package that offers `plan` and the functions of its `PAPER`."""

PAPERS = {
    "nst": "Exploration of hyperparameter efficiency for image style transfer",
    "nasdip": "Neural Architecture Search for Deep Image Prior",
    "stylenas": "StyleNAS: An Empirical Study of Neural Architecture Search to Uncover Surprisingly Fast End-to-End "
    "Universal Style Transfer Networks",
    "autogan": "AutoGAN: Neural Architecture Search for Generative Adversarial Networks",
    "cycleganas": "CycleGANAS: Differentiable Neural Architecture Search for CycleGAN",
}
FRONT = {  # what the report calls a paper, its headline figure, and what is seen there
    "nst": ("Style transfer", "extra_tv_pictures",
            "Columns: loss weights times 1, 100 and 10,000. Rows: total variation fixed, scaled along, off"),
    "nasdip": ("NAS-DIP", "fig1",
               "Noise and a hole: input, the classical network, the found one with a fresh seed and its own, truth"),
    "stylenas": ("StyleNAS", "extra_ablation",
                 "Change of the objective without each operator of evolution's best network"),
    "autogan": ("AutoGAN", "extra_policy",
                "Reward of the policy's genomes less that of uniform ones, on the same weights, by stage and search"),
    "cycleganas": ("CycleGANAS", "extra_genotypes",
                   "Operations that the searches chose for generators and discriminators, below CycleGAN's own"),
}  # fmt: skip
STUDIES = {"searchers": "Any searcher on any space"}  # our own, built alike
PAGES = ("speed",)  # notebooks without settings of that kind; the module checks its parameters


def front(slug: str) -> tuple[str, str, str]:
    """What stands in `FRONT` of a paper, else its title and figure 1."""
    return FRONT.get(slug, (PAPERS[slug], "fig1", "Figure 1"))
