"""What the toy paper searches: how wide a box filter is, and how often it runs."""

from dataclasses import dataclass

from lib.spaces.base import Gene, Genome, Space


@dataclass(frozen=True)
class Blur:
    """A genome in the paper's terms."""

    width: int  # px, odd; 1 leaves a picture as it is
    passes: int


class BlurSpace(Space):
    """Two genes, eight genomes (section 2)."""

    def __init__(self) -> None:
        super().__init__("blur", [Gene("width", (1, 3, 5, 7)), Gene("passes", (1, 2), unit=1)])

    def decode(self, genome: Genome) -> Blur:
        """What the genome means."""
        return Blur(*(gene.choices[i] for gene, i in zip(self.genes, genome, strict=True)))

    def canonical(self, genome: Genome) -> Genome:
        """Width 1 does nothing, however often it runs."""
        return (0, 0) if genome[0] == 0 else genome


SPACE = BlurSpace()
